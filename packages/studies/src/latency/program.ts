/** @file `esnas latency` as a user calls it, in a process of its own: what studies measure is what the command measures. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../cli/bin/esnas.js", import.meta.url));

/** What the command prints of a network, as far as studies need it. */
export interface MeasuredLatency {
  readonly name: string;
  readonly runs: number;
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly cpu: number;
  readonly parts: readonly { readonly name: string; readonly milliseconds: number }[];
}

/** Runs `esnas latency` with `--json`; progress goes to this process' standard error. */
async function latency(args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [PROGRAM, "latency", ...args, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) throw new Error(`esnas latency ${args.join(" ")} ended with ${code}`);
  return JSON.parse(printed);
}

/** Measures networks in turns. */
export async function measured(args: readonly string[]): Promise<readonly MeasuredLatency[]> {
  const { networks } = (await latency(args)) as { readonly networks: readonly MeasuredLatency[] };
  return networks;
}

/** Measures a profile of this machine, and gives it as JSON. */
export async function calibrated(args: readonly string[]): Promise<unknown> {
  const { profile } = (await latency(["--calibrate", ...args])) as { readonly profile: unknown };
  return profile;
}
