/** @file The models that a run has ended with, as the studio shows them: one, or one for each budget of a front. */

import { join } from "node:path";
import { InputError, type Settings, toJson } from "@esnas/core/internal";
import { z } from "zod";
import { ARCHITECTURE_FILE, genotypeIn, LARGEST_GENOTYPE } from "../files/genotype-file.js";
import { SUMMARY_FILE } from "../run/run-folder.js";
import { ownText } from "./run-files.js";

const modelSchema = z.object({
  parameters: z.number(),
  macs: z.number(),
  latency: z
    .object({ milliseconds: z.number() })
    .transform(({ milliseconds }) => milliseconds)
    .optional(),
  scores: z.record(z.string(), z.union([z.number(), z.object({ value: z.null(), reason: z.string() })])),
  cycles: z.number(),
});

const pointSchema = modelSchema.extend({
  budget: z.number(),
  /** Within the folder of the run, and not out of it. */
  folder: z.string().regex(/^models\/\d+-[\w.]+$/),
  dominatedBy: z.array(z.number()),
});

const frontSchema = z.object({ points: z.array(pointSchema) });

type Model = z.output<typeof modelSchema>;

export interface ServedModel extends Model {
  /** As JSON. */
  readonly genotype: unknown;
  /** The bound of its point on what the front is of. */
  readonly budget?: number;
  /** Points of the front, from 1. */
  readonly dominatedBy?: readonly number[];
}

const LARGEST_SUMMARY = 64 * 2 ** 20;

/**
 * In the order of their budgets; none where the run's files are not as a search leaves them.
 * @param folder Real path of a run that has ended.
 */
export function servedModels(folder: string, { front }: Settings): ServedModel[] {
  try {
    const summary: unknown = JSON.parse(ownText(folder, SUMMARY_FILE, LARGEST_SUMMARY));
    if (front === undefined)
      return [{ ...modelSchema.parse(summary), genotype: genotypeOf(folder, ARCHITECTURE_FILE) }];
    return frontSchema.parse(summary).points.map(({ folder: within, ...point }) => {
      return { ...point, genotype: genotypeOf(folder, join(within, ARCHITECTURE_FILE)) };
    });
  } catch (error) {
    if (error instanceof InputError || error instanceof SyntaxError || error instanceof z.ZodError) return [];
    throw error;
  }
}

function genotypeOf(folder: string, name: string): unknown {
  const { space, genotype } = genotypeIn(ownText(folder, name, LARGEST_GENOTYPE), join(folder, name));
  return toJson(space, genotype);
}
