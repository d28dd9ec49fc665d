/**
 * @file Profiles on a tape: numbers one after another in one typed array that all passes share, so that a flow makes no arrays of its
 * own. What is done to them is what `field.ts` and `operators/window.ts` do, and sums are taken in the same order: results are the
 * same to the last bit.
 *
 * Before and after each profile there are zeros, so that windows may reach over the border of a map: a zero changes no sum. Several
 * sums are taken at a time, since one addition waits for the one before it.
 */

/** Stands for the constant profile, of any length. */
export const CONSTANT = 0;

/** The longest profile that a tape takes. */
export const LONGEST = 4096;

/** Zeros between two profiles: what a window may reach over the border, and the sums that are taken at a time. */
const MARGIN = 40;
const AT_ONCE = 4;

/** A window that slides along an axis of `length` positions and stops at `out` of them. */
export interface TapeWindow {
  readonly length: number;
  readonly out: number;
  readonly taps: number;
  readonly stride: number;
  /** Zeros before the first position. */
  readonly before: number;
  readonly dilation: number;
}

/** Whether windows begin at each position, and reach no further over the border than there are zeros. */
function isDense({ length, out, taps, stride, before, dilation }: TapeWindow): boolean {
  const after = out - 1 - before + taps - length;
  return stride === 1 && dilation === 1 && Math.max(before, after) + AT_ONCE <= MARGIN && before < taps;
}

export class Tape {
  #numbers = new Float64Array(MARGIN);
  #end = MARGIN;
  /** Constant profiles by their length, at the beginning of the tape. */
  readonly #constants = new Map<number, number>();
  #afterConstants = MARGIN;
  /** By which the profile that was written last was divided: its mean. */
  mean = 0;

  /** Forgets all profiles but constant ones; there is room for so many, of so many numbers together. */
  begin(profiles: number, numbers: number): void {
    this.#end = this.#afterConstants;
    const end = this.#end + numbers + MARGIN * profiles;
    if (end > this.#numbers.length) this.#grow(2 * end);
  }

  /** Lays out the constant profile of a length, which is not forgotten. Not for use between `begin` and what is read after it. */
  reserveConstant(length: number): void {
    if (this.#constants.has(length)) return;
    this.#end = this.#afterConstants;
    if (this.#end + length + MARGIN > this.#numbers.length) this.#grow(2 * (this.#end + length + MARGIN));
    const at = this.#take(length);
    this.#numbers.fill(1, at, at + length);
    this.#afterConstants = this.#end;
    this.#constants.set(length, at);
  }

  /** Where the numbers of a profile are. */
  #placeOf(profile: number, length: number): number {
    if (profile !== CONSTANT) return profile;
    const place = this.#constants.get(length);
    if (place === undefined) throw new Error(`no constant of length ${length} is reserved`);
    return place;
  }

  #grow(length: number): void {
    const longer = new Float64Array(length);
    longer.set(this.#numbers);
    this.#numbers = longer;
  }

  #take(length: number): number {
    const at = this.#end;
    const numbers = this.#numbers;
    this.#end = at + length + MARGIN;
    for (let i = at + length; i < this.#end; i++) numbers[i] = 0;
    return at;
  }

  /** Sums over windows, divided by their mean. */
  windowSums(of: number, window: TapeWindow): number {
    const { length, out, taps, stride, before, dilation } = window;
    const profile = this.#placeOf(of, length);
    const sums = this.#take(out);
    const numbers = this.#numbers;
    if (isDense(window)) {
      this.#slidingSums(profile - before, sums, out, taps, 1);
    } else {
      numbers.fill(0, sums, sums + out);
      for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
        const end = endInside(offset, length, stride, out);
        for (let o = firstInside(offset, stride), i = o * stride + offset; o < end; o++, i += stride) {
          numbers[sums + o] = (numbers[sums + o] ?? 0) + (numbers[profile + i] ?? 0);
        }
      }
    }
    this.#normalise(sums, out);
    return sums;
  }

  /** What reaches each position from the windows that cover it, divided by its mean. */
  windowSpread(of: number, window: TapeWindow): number {
    const { length, out, taps, stride, before, dilation } = window;
    const gradient = this.#placeOf(of, out);
    const spread = this.#take(length);
    const numbers = this.#numbers;
    if (isDense(window)) {
      // The window's first tap comes first: it is that of the last of the windows.
      this.#slidingSums(gradient + before, spread, length, taps, -1);
    } else {
      numbers.fill(0, spread, spread + length);
      for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
        const end = endInside(offset, length, stride, out);
        for (let o = firstInside(offset, stride), i = o * stride + offset; o < end; o++, i += stride) {
          numbers[spread + i] = (numbers[spread + i] ?? 0) + (numbers[gradient + o] ?? 0);
        }
      }
    }
    this.#normalise(spread, length);
    return spread;
  }

  /** To each of `count` places the sum of `taps` numbers, the first of them `from` and one further for each place, on by `step`. */
  #slidingSums(from: number, to: number, count: number, taps: number, step: 1 | -1): void {
    const numbers = this.#numbers;
    let at = 0;
    for (; at + AT_ONCE <= count; at += AT_ONCE) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let tap = 0, i = from + at; tap < taps; tap++, i += step) {
        a += numbers[i] ?? 0;
        b += numbers[i + 1] ?? 0;
        c += numbers[i + 2] ?? 0;
        d += numbers[i + 3] ?? 0;
      }
      numbers[to + at] = a;
      numbers[to + at + 1] = b;
      numbers[to + at + 2] = c;
      numbers[to + at + 3] = d;
    }
    for (; at < count; at++) {
      let sum = 0;
      for (let tap = 0, i = from + at; tap < taps; tap++, i += step) sum += numbers[i] ?? 0;
      numbers[to + at] = sum;
    }
  }

  /** The sums over the outputs of gradient times input, a tap of the window each. */
  overlaps(ofSignal: number, ofGradient: number, window: TapeWindow, into: number[]): void {
    const { length, out, taps, stride, before, dilation } = window;
    const profile = this.#placeOf(ofSignal, length);
    const gradient = this.#placeOf(ofGradient, out);
    const numbers = this.#numbers;
    if (taps > 1 && isDense(window)) {
      for (let tap = 0; tap < taps; tap += AT_ONCE)
        this.#overlapsOfFour(profile - before + tap, gradient, out, into, tap);
      return;
    }
    for (let tap = 0, offset = -before; tap < taps; tap++, offset += dilation) {
      const end = gradient + endInside(offset, length, stride, out);
      const first = firstInside(offset, stride);
      let sum = 0;
      for (let o = gradient + first, i = profile + first * stride + offset; o < end; o++, i += stride) {
        sum += (numbers[i] ?? 0) * (numbers[o] ?? 0);
      }
      into[tap] = sum;
    }
  }

  #overlapsOfFour(profile: number, gradient: number, out: number, into: number[], tap: number): void {
    const numbers = this.#numbers;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let o = 0; o < out; o++) {
      const g = numbers[gradient + o] ?? 0;
      const i = profile + o;
      a += (numbers[i] ?? 0) * g;
      b += (numbers[i + 1] ?? 0) * g;
      c += (numbers[i + 2] ?? 0) * g;
      d += (numbers[i + 3] ?? 0) * g;
    }
    into[tap] = a;
    if (tap + 1 < into.length) into[tap + 1] = b;
    if (tap + 2 < into.length) into[tap + 2] = c;
    if (tap + 3 < into.length) into[tap + 3] = d;
  }

  /** The mixture of two profiles, by their shares. */
  mixture(ofP: number, shareP: number, ofQ: number, shareQ: number, length: number): number {
    const p = this.#placeOf(ofP, length);
    const q = this.#placeOf(ofQ, length);
    const mix = this.#take(length);
    const numbers = this.#numbers;
    for (let i = 0; i < length; i++) {
      numbers[mix + i] = shareP * (numbers[p + i] ?? 0) + shareQ * (numbers[q + i] ?? 0);
    }
    return mix;
  }

  #normalise(profile: number, length: number): void {
    const numbers = this.#numbers;
    const end = profile + length;
    let sum = 0;
    for (let i = profile; i < end; i++) sum += numbers[i] ?? 0;
    this.mean = sum === 0 ? 0 : sum / length;
    if (sum === 0) return;
    const { mean } = this;
    for (let i = profile; i < end; i++) numbers[i] = (numbers[i] ?? 0) / mean;
  }
}

/** Positions `[first, end)` of a window, of `out` in all, at which the tap that lies `offset` from its start is inside of the map. */
export function firstInside(offset: number, stride: number): number {
  return offset >= 0 ? 0 : Math.ceil(-offset / stride);
}

export function endInside(offset: number, length: number, stride: number, out: number): number {
  return Math.min(out, Math.ceil((length - offset) / stride));
}
