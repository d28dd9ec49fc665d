/**
 * @file Profiles on a tape: numbers one after another in one typed array that all passes share, so that a flow makes no arrays of its
 * own. What is done to them is what `field.ts` and `operators/window.ts` do, number by number in the same order, so that results are
 * the same to the last bit.
 */

/** Positions of a tape that begin a profile. At `CONSTANT` there are ones, so that the constant profile is read as any other. */
export const CONSTANT = 0;

/** The longest profile that a tape takes. */
export const LONGEST = 4096;

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

export class Tape {
  #numbers = new Float64Array(LONGEST).fill(1);
  #end = LONGEST;

  /** Forgets all profiles; there is then room for so many numbers. Numbers that are not there yet are no zeros. */
  begin(numbers: number): void {
    this.#end = LONGEST;
    if (LONGEST + numbers <= this.#numbers.length) return;
    this.#numbers = new Float64Array(LONGEST + 2 * numbers);
    this.#numbers.fill(1, 0, LONGEST);
  }

  #take(length: number): number {
    const at = this.#end;
    this.#end += length;
    return at;
  }

  /** The mean of the profile that was written last, by which it is divided. */
  mean = 0;

  /** Sums over windows, divided by their mean. */
  windowSums(profile: number, { length, out, taps, stride, before, dilation }: TapeWindow): number {
    const numbers = this.#numbers;
    const sums = this.#take(out);
    if (stride === 1 && dilation === 1) {
      for (let o = 0; o < out; o++) {
        const end = profile + Math.min(length, o - before + taps);
        let sum = 0;
        for (let i = profile + Math.max(0, o - before); i < end; i++) sum += numbers[i] ?? 0;
        numbers[sums + o] = sum;
      }
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
  windowSpread(gradient: number, { length, out, taps, stride, before, dilation }: TapeWindow): number {
    const numbers = this.#numbers;
    const spread = this.#take(length);
    if (stride === 1 && dilation === 1) {
      for (let i = 0; i < length; i++) {
        // The window's first tap first: it belongs to the last of the windows.
        const end = gradient + Math.max(0, i + before - taps + 1);
        let sum = 0;
        for (let o = gradient + Math.min(out - 1, i + before); o >= end; o--) sum += numbers[o] ?? 0;
        numbers[spread + i] = sum;
      }
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

  /** The sums over the outputs of gradient times input, a tap of the window each. */
  overlaps(profile: number, gradient: number, window: TapeWindow, into: number[]): void {
    const { length, out, taps, stride, before, dilation } = window;
    const numbers = this.#numbers;
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

  /** The mixture of two profiles, by their shares. */
  mixture(p: number, shareP: number, q: number, shareQ: number, length: number): number {
    const numbers = this.#numbers;
    const mix = this.#take(length);
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
    for (let i = profile; i < end; i++) numbers[i] = (numbers[i] ?? 0) / this.mean;
  }
}

/** Positions `[first, end)` of a window, of `out` in all, at which the tap that lies `offset` from its start is inside of the map. */
export function firstInside(offset: number, stride: number): number {
  return offset >= 0 ? 0 : Math.ceil(-offset / stride);
}

export function endInside(offset: number, length: number, stride: number, out: number): number {
  return Math.min(out, Math.ceil((length - offset) / stride));
}
