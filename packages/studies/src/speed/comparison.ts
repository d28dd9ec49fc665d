/** @file Two runs of the benchmark side by side: what has changed by more than the repeats of either differ among themselves. */

import { isLessBetter, type Measurement, type Report } from "./measurement.js";

export type Verdict = "better" | "worse" | "";

export interface Comparison {
  readonly name: string;
  readonly unit: Measurement["unit"];
  /** Medians. */
  readonly before: number;
  readonly after: number;
  /** After over before. */
  readonly ratio: number;
  readonly verdict: Verdict;
}

const FEWEST_REPEATS = 3;

/**
 * Where the median of one run lies beyond the best repeat of the other. Noise only ever adds to a time, so that the best repeat
 * is what of a run is steadiest.
 */
export function verdictOf(before: Measurement, after: Measurement): Verdict {
  if (Math.min(before.repeats, after.repeats) < FEWEST_REPEATS) return "";
  if (after.unit === "ratio") return "";
  const [best, sign] = isLessBetter(after) ? (["min", 1] as const) : (["max", -1] as const);
  if (sign * after.median < sign * before[best]) return "better";
  if (sign * before.median < sign * after[best]) return "worse";
  return "";
}

/** What both runs have measured, in the order of the later one. */
export function comparisonOf(before: Report, after: Report): Comparison[] {
  const earlier = new Map(before.measurements.map((measurement) => [measurement.name, measurement]));
  return after.measurements.flatMap((measurement) => {
    const { name, unit, median } = measurement;
    const old = earlier.get(name);
    if (old === undefined || old.unit !== unit) return [];
    const verdict = verdictOf(old, measurement);
    return [{ name, unit, before: old.median, after: median, ratio: median / old.median, verdict }];
  });
}

/** What of the two runs, besides the program, is not the same: differences may come from there. */
export function unlikeMachines(before: Report, after: Report): string[] {
  return Object.entries(after.machine).flatMap(([what, now]) => {
    const then = Object.entries(before.machine).find(([name]) => name === what)?.[1];
    return then === now ? [] : [`${what}: ${then} before, ${now} now`];
  });
}
