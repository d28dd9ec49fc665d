/** @file Models side by side on this machine, all in one interleaved run. */

import { architectureCosts, modelNamed, models } from "@esnas/core/internal";
import { printTable, type Row, writeResults } from "../common/results.js";
import { measured } from "./program.js";

export interface LatencyModelsFlags {
  readonly models: string;
  readonly runs: string;
  readonly size: string;
}

/** ESFormer by the paper's recipe, and the models of its sizes. */
export const RIVALS = ["xxs", "xs", "s"].flatMap((size, i) => [
  `esformer_paper_s${i}`,
  `edgenext_${size}`,
  `mobilevit_${size}`,
]);

/** Those of the names that are registered. */
export function registered(names: readonly string[]): readonly string[] {
  return names.filter((name) => models.some((model) => model.name === name));
}

export async function latencyModels({ models: names, runs, size }: LatencyModelsFlags): Promise<void> {
  const times = await measured(["--models", names, "--runs", runs, "--size", size]);
  const rows = times.map(({ name, median, p10, p90, cpu }): Row => {
    const { published, build } = modelNamed(name);
    const { parameters, macs } = architectureCosts(build({ resolution: Number(size) }));
    return {
      model: name,
      parameters,
      macs,
      "top-1 published": published?.top1 ?? "",
      "median ms": median,
      "p10 ms": p10,
      "p90 ms": p90,
      "CPU ms": cpu,
      "GMACs a second": macs / median / 1e6,
    };
  });
  printTable(rows);
  writeResults("latency-models", rows);
}
