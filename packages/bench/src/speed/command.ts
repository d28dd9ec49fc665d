/** @file `npm run bench`: where the time goes, in one run of two or three minutes that a later one can be held against. */

import { writeFileSync } from "node:fs";
import { InputError } from "@esnas/core";
import { printTable, type Row } from "../results.js";
import { bookkeeping, database } from "./bookkeeping.js";
import { comparisonOf, unlikeMachines } from "./comparison.js";
import { type Measurement, measurementOf, type Report, readReport, reportOf } from "./measurement.js";
import { partsOf } from "./parts.js";
import { nameOfPeak, peaks } from "./peak.js";
import { searches } from "./searches.js";
import { subjectNamed, subjectNames } from "./subjects.js";

/** What can be measured by itself. */
export const parts = [...subjectNames, "database", "bookkeeping", "search"] as const;

type Part = (typeof parts)[number];

/** Evaluations of the searches whose bookkeeping is timed. */
const EVALUATIONS = 3000;
const THREADS = [1, 2];
const WORKERS = [1];

export interface SpeedOptions {
  readonly only?: string;
  readonly json?: boolean;
  readonly out?: string;
  readonly against?: string;
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

export async function speed({ only, json, out, against }: SpeedOptions): Promise<void> {
  const before = against === undefined ? undefined : readReport(against);
  const report = reportOf(await measured(only === undefined ? parts : partsNamed(only)));
  if (out !== undefined) write(out, report);
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else print(report, before);
}

function progress(what: string): void {
  process.stderr.write(`${what}\n`);
}

async function measured(chosen: readonly Part[]): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  progress("peak of the machine");
  const peak = await peaks(THREADS);
  const one = peak.find(({ name }) => name === nameOfPeak(1))?.max ?? Number.NaN;
  for (const part of chosen) {
    if (part !== "search") progress(part);
    measurements.push(...(await measurementsOf(part, one)));
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
    case "search":
      return searches(WORKERS, progress);
    default:
      return partsOf(subjectNamed(part), peak);
  }
}

function write(path: string, report: Report): void {
  try {
    writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
  } catch (error) {
    throw new InputError(`cannot write "${path}": ${error instanceof Error ? error.message : error}`);
  }
}

function print(report: Report, before: Report | undefined): void {
  const { cpu, cores, node, onnxruntime } = report.machine;
  process.stdout.write(
    `${report.commit}, ${report.date}: ${cpu}, ${cores} cores, Node ${node}, ONNX Runtime ${onnxruntime}\n`,
  );
  if (before === undefined) {
    printTable(report.measurements.map(rowOf));
    return;
  }
  process.stdout.write(`against ${before.commit}, ${before.date}\n`);
  for (const difference of unlikeMachines(before, report))
    process.stdout.write(`not the same machine: ${difference}\n`);
  const rows = comparisonOf(before, report).map((row): Row => ({ ...row }));
  if (rows.length > 0) printTable(rows);
  const [compared, all] = [rows.length, report.measurements.length];
  if (compared < all) process.stdout.write(`${all - compared} of ${all} were not measured before\n`);
}

function rowOf({ name, unit, min, median, max, cpu }: Measurement): Row {
  return { name, unit, min, median, max, "CPU ms": cpu ?? "" };
}
