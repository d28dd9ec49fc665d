/** @file Does a long search slow down or grow? The first tenth of 100,000 candidates against the last. */

import { join } from "node:path";
import { type StoredEvaluation, Study } from "esnas/dist/study/study.js";
import { version } from "esnas/dist/version.js";
import { type Measurement, measurementOf } from "./measurement.js";
import { searched } from "./program.js";

const CANDIDATES = 100_000;
/** Parts of a tenth whose rates are told apart. */
const PARTS = 5;

export async function longSearch(): Promise<Measurement[]> {
  let history: readonly StoredEvaluation[] = [];
  const args = ["--preset", "s0", "--max-evaluations", String(CANDIDATES)];
  const { memory, seconds, evaluations } = await searched(args, (folder) => {
    history = evaluationsIn(join(folder, "study.sqlite"));
  });
  const sizes = history.filter(({ phase }) => phase === "size");
  const tenth = Math.floor(sizes.length / 10);
  const made = Object.values(evaluations).reduce((sum, count) => sum + count, 0);
  const measurements = [
    measurementOf("long: all candidates", "candidates/s", [made / (seconds.total ?? Number.NaN)]),
    measurementOf("long: size phase, first tenth", "candidates/s", ratesOf(sizes.slice(0, tenth))),
    measurementOf("long: size phase, last tenth", "candidates/s", ratesOf(sizes.slice(-tenth))),
  ];
  const { course } = memory;
  if (course.length < 10) return measurements;
  const part = Math.floor(course.length / 10);
  const mebibytes = course.map((bytes) => bytes / 2 ** 20);
  return [
    ...measurements,
    measurementOf("long: memory, second tenth of the time", "MiB", mebibytes.slice(part, 2 * part)),
    measurementOf("long: memory, last tenth of the time", "MiB", mebibytes.slice(-part)),
  ];
}

function evaluationsIn(path: string): readonly StoredEvaluation[] {
  const study = Study.open(path, version);
  try {
    return [...study.recorded()];
  } finally {
    study.close();
  }
}

function ratesOf(evaluations: readonly StoredEvaluation[]): number[] {
  const length = Math.floor(evaluations.length / PARTS);
  return Array.from({ length: PARTS }, (_, part) => {
    const some = evaluations.slice(part * length, (part + 1) * length);
    return (1000 * some.length) / some.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  });
}
