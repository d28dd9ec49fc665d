/** @file What `npm run bench` writes and reads back: measurements with their spread, and where and when they were made. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, platform, release } from "node:os";
import { InputError } from "@esnas/core/internal";
import { env } from "onnxruntime-node";
import { median } from "simple-statistics";
import { z } from "zod";

/** Of these, less is better; of the others, more; a ratio is neither. */
const lessIsBetter = new Set(["ms", "MiB"]);

export const measurementSchema = z.strictObject({
  /** `s0: run` */
  name: z.string(),
  unit: z.enum(["ms", "MiB", "candidates/s", "GFLOP/s", "% of peak", "times", "ratio"]),
  min: z.number(),
  median: z.number(),
  max: z.number(),
  /** Of which these are the least, the median and the largest. */
  repeats: z.number().int().positive(),
  /** Median CPU milliseconds of all threads, where they were taken. */
  cpu: z.number().optional(),
});

export type Measurement = z.output<typeof measurementSchema>;

export const reportSchema = z.strictObject({
  commit: z.string(),
  /** ISO 8601 */
  date: z.string(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.number(),
    system: z.string(),
    node: z.string(),
    onnxruntime: z.string(),
  }),
  measurements: z.array(measurementSchema),
});

export type Report = z.output<typeof reportSchema>;

export function isLessBetter({ unit }: Measurement): boolean {
  return lessIsBetter.has(unit);
}

/** A measurement of values, of which there is at least one. */
export function measurementOf(
  name: string,
  unit: Measurement["unit"],
  values: readonly number[],
  cpu?: readonly number[],
): Measurement {
  return {
    name,
    unit,
    min: Math.min(...values),
    median: median([...values]),
    max: Math.max(...values),
    repeats: values.length,
    ...(cpu !== undefined && { cpu: median([...cpu]) }),
  };
}

/** What was measured, of this commit on this machine. */
export function reportOf(measurements: readonly Measurement[]): Report {
  return {
    commit: commit(),
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: cpus().length,
      system: `${platform()} ${release()} ${arch()}`,
      node: process.version,
      onnxruntime: env.versions.node ?? env.versions.common,
    },
    measurements: [...measurements],
  };
}

/** The commit's short hash, with a `+` where files differ from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const hash = git("rev-parse", "--short", "HEAD").trim();
    return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}+`;
  } catch {
    return "unknown";
  }
}

/**
 * Reads the file of an earlier run.
 * @throws {InputError} where there is none, or it is of another form.
 */
export function readReport(path: string): Report {
  const { success, data, error } = reportSchema.safeParse(parsed(path));
  if (success) return data;
  const [issue] = error.issues;
  throw new InputError(
    `"${path}" is no file of npm run bench -- --out FILE: ${issue?.path.join(".") || "it"}: ${issue?.message}`,
  );
}

function parsed(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(`cannot read "${path}": ${error instanceof Error ? error.message : error}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`"${path}" is no JSON`);
  }
}
