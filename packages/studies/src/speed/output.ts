/** @file What becomes of measurements: a table, JSON on stdout, a file, a comparison with the file of an earlier run. */

import { writeFileSync } from "node:fs";
import { InputError } from "@esnas/core/internal";
import type { Command } from "commander";
import { printTable, type Row } from "../common/results.js";
import { comparisonOf, unlikeMachines } from "./comparison.js";
import { type Measurement, type Report, readReport, reportOf } from "./measurement.js";

export interface OutputOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly against?: string;
}

export function withOutput(command: Command): Command {
  return command
    .option("--json", "print the measurements as JSON")
    .option("--out <file>", "write the measurements as JSON")
    .option("--against <file>", "hold the measurements against those that an earlier run has written");
}

/**
 * Measures and says what was measured.
 * @throws {InputError} where a file cannot be read, which is found before anything is measured, or cannot be written.
 */
export async function output(
  { json, out, against }: OutputOptions,
  measure: () => Promise<readonly Measurement[]>,
): Promise<void> {
  const before = against === undefined ? undefined : readReport(against);
  const report = reportOf(await measure());
  if (out !== undefined) write(out, report);
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else print(report, before);
}

/** A line on standard error. */
export function progress(what: string): void {
  process.stderr.write(`${what}\n`);
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
  for (const difference of unlikeMachines(before, report)) process.stdout.write(`not the same: ${difference}\n`);
  const rows = comparisonOf(before, report).map((row): Row => ({ ...row }));
  if (rows.length > 0) printTable(rows);
  const [compared, all] = [rows.length, report.measurements.length];
  if (compared < all) process.stdout.write(`${all - compared} of ${all} were not measured before\n`);
}

function rowOf({ name, unit, min, median, max, cpu }: Measurement): Row {
  return { name, unit, min, median, max, "CPU ms": cpu ?? "" };
}
