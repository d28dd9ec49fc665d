/** @file Candidates as a table for spreadsheets: the columns of the command line's study. */

import { genotypeOfCode, jsonText, spaceOf } from "@esnas/core/internal";
import { stringify } from "csv-stringify/browser/esm/sync";
import type { CandidateBatch } from "./candidates.js";

/** A score that is no number is an empty field. */
export function candidatesCsv(
  spaceName: string,
  spaceOptions: Readonly<Record<string, unknown>>,
  batch: CandidateBatch,
): string {
  const space = spaceOf(spaceName, spaceOptions);
  const width = space.genes.length;
  const metrics = Object.keys(batch.scores);
  const header = ["id", "phase", "cycle", ...metrics, "parameters", "macs", "milliseconds", "genotype"];
  const rows = Array.from({ length: batch.count }, (_, i) => [
    batch.from + i + 1,
    batch.phaseNames[batch.phase[i] ?? -1] ?? "",
    batch.cycle[i],
    ...metrics.map((metric) => {
      const score = batch.scores[metric]?.[i] ?? Number.NaN;
      return Number.isNaN(score) ? "" : score;
    }),
    batch.parameters[i],
    batch.macs[i],
    batch.milliseconds[i]?.toFixed(3),
    jsonText(space, genotypeOfCode(space, batch.genes.subarray(i * width, (i + 1) * width))),
  ]);
  return stringify([header, ...rows]);
}
