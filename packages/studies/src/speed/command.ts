/** @file `npm run bench`: where the time goes, in one run of two or three minutes that a later one can be held against. */

import { InputError } from "@esnas/core/internal";
import { bookkeeping, database } from "./bookkeeping.js";
import { coldStart } from "./cold-start.js";
import { longSearch } from "./long.js";
import { type Measurement, measurementOf } from "./measurement.js";
import { type OutputOptions, output, progress } from "./output.js";
import { partsOf } from "./parts.js";
import { nameOfPeak, peaks } from "./peak.js";
import { searches } from "./searches.js";
import { subjectNamed, subjectNames } from "./subjects.js";

/** What can be measured by itself. */
export const parts = [...subjectNames, "database", "bookkeeping", "cold-start", "search", "long"] as const;

/** Takes minutes, and is measured where it is asked for. */
const onRequest: readonly Part[] = ["long"];

type Part = (typeof parts)[number];

/** Evaluations of the searches whose bookkeeping is timed. */
const EVALUATIONS = 3000;
/** Threads of the product of matrices, and workers of searches. */
const CORES = [1, 2];

export interface SpeedOptions extends OutputOptions {
  readonly only?: string;
}

/**
 * Names of parts, separated by commas.
 * @throws {InputError} where a name is none.
 */
export function partsNamed(list: string): Part[] {
  const names = list.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!parts.some((part) => part === name)) {
      throw new InputError(`--only takes parts of ${parts.join(", ")}, separated by commas, was given "${name}"`);
    }
  }
  return parts.filter((part) => names.includes(part));
}

export function speed({ only, ...options }: SpeedOptions): Promise<void> {
  const chosen = only === undefined ? parts.filter((part) => !onRequest.includes(part)) : partsNamed(only);
  return output(options, () => measured(chosen));
}

async function measured(chosen: readonly Part[]): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  progress("peak of the machine");
  const peak = await peaks(CORES);
  // What slows a product of matrices down is not the machine.
  const most = peak.find(({ name }) => name === nameOfPeak(1))?.max ?? Number.NaN;
  for (const part of chosen) {
    if (part !== "search") progress(part);
    measurements.push(...(await measurementsOf(part, most)));
  }
  const memory = process.resourceUsage().maxRSS / 1024;
  return [...peak, ...measurements, measurementOf("peak memory of the benchmark itself", "MiB", [memory])];
}

function measurementsOf(part: Part, peak: number): Promise<Measurement[]> {
  switch (part) {
    case "database":
      return database();
    case "bookkeeping":
      return bookkeeping(EVALUATIONS);
    case "cold-start":
      return coldStart();
    case "long":
      return longSearch();
    case "search":
      return searches(CORES, progress);
    default:
      return partsOf(subjectNamed(part), peak);
  }
}
