/** @file Candidates as `esnas studio` serves them from a study, and as the columns take them. */

import { codeOf, readGenotype, settingsSchema, spaceOf } from "@esnas/core/internal";
import { z } from "zod";
import type { CandidateRow } from "./candidates.js";

const scoresSchema = z.record(z.string(), z.union([z.number(), z.object({ value: z.null(), reason: z.string() })]));

const servedRowSchema = z.object({
  genotype: z.string(),
  phase: z.string(),
  cycle: z.number(),
  parameters: z.number(),
  macs: z.number(),
  milliseconds: z.number(),
  scores: scoresSchema,
});

export type ServedRow = z.output<typeof servedRowSchema>;

export const servedRunSchema = z.object({
  id: z.string(),
  name: z.string(),
  count: z.number(),
  isFinished: z.boolean(),
  settings: settingsSchema,
});

export type ServedRun = z.output<typeof servedRunSchema>;

/** A folder whose study cannot be read. */
export const unreadableRunSchema = z.object({ name: z.string(), problem: z.string() });

export const servedRunsSchema = z.object({
  runs: z.array(servedRunSchema),
  unreadable: z.array(unreadableRunSchema).default([]),
});

export type ServedRuns = z.output<typeof servedRunsSchema>;

const servedModelSchema = z.object({
  genotype: z.unknown(),
  parameters: z.number(),
  macs: z.number(),
  latency: z.number().optional(),
  scores: scoresSchema,
  cycles: z.number(),
  budget: z.number().optional(),
  dominatedBy: z.array(z.number()).default([]),
});

export type ServedModel = z.output<typeof servedModelSchema>;

export const servedRowsSchema = z.object({
  count: z.number(),
  isFinished: z.boolean(),
  /** What the run has ended with: several of a front. */
  models: z.array(servedModelSchema).default([]),
  rows: z.array(servedRowSchema),
});

/** Reads rows of one space. */
export function servedRow(
  spaceName: string,
  spaceOptions: Readonly<Record<string, unknown>>,
): (row: ServedRow) => CandidateRow {
  const space = spaceOf(spaceName, spaceOptions);
  return ({ genotype, ...row }) => {
    return { ...row, genes: codeOf(space, readGenotype(JSON.parse(genotype)).genotype) };
  };
}
