/** @file The axis of a chart: from where to where it goes, and the round numbers on it. */

export type Range = readonly [min: number, max: number];

/** Share of the values' range that is left free beyond each end. */
const ROOM = 0.04;
/** Numbers beyond it are on no axis: their differences would be infinite. */
const FARTHEST = 1e300;
/** What is nearer to 0 is 0; what differs by less than a billionth is the same. */
const NEAREST = 1e-290;
const SAME = 1e-9;

/**
 * The range of values, a little wider; those that are no number are left out. It does not cross 0 where the values do not:
 * nobody has fewer than no parameters.
 */
export function axisRange(values: Iterable<number>): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(Math.abs(value) <= FARTHEST)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min > max) return [0, 1];
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (size < NEAREST) return [0, 1];
  const room = ROOM * Math.max(max - min, max - min < SAME * size ? size : 0);
  return [min >= 0 ? Math.max(0, min - room) : min - room, max <= 0 ? Math.min(0, max + room) : max + room];
}

/**
 * Round numbers within a range, ascending: multiples of 1, 2 or 5 times a power of ten.
 * @param most - Steps between them, at most; from six on there are two numbers at least.
 */
export function axisTicks([min, max]: Range, most: number): number[] {
  const step = roundStep((max - min) / Math.max(1, most));
  // A power of ten, and so a quotient, has digits of its own from the sixteenth on, and other ones on another release of an engine.
  const stepsTo = (value: number) => Number((value / step).toPrecision(12));
  const first = Math.ceil(stepsTo(min));
  const last = Math.floor(stepsTo(max));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    // Halves and fifths of a power of ten are exact as quotients, not as products.
    return step < 1 ? (first + i) / Math.round(1 / step) : (first + i) * step;
  });
}

/** The least round number of at least `size`. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= size) ?? 10;
  return factor * power;
}
