/** @file A job from a queue that anyone may have written to: checked against the space that it names before anything is made of it. */

import { EsnasError, type Genotype, metricOf, type Space, spaceOf } from "@esnas/core/internal";
import { z } from "zod";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { jobSchema } from "./protocol.js";

/** Spaces whose schemas are kept. */
const MOST_SPACES = 100;

/** By name and options. */
const known = new Map<string, { readonly space: Space; readonly schema: z.ZodType }>();

/**
 * The task of a job.
 * @returns In words what is wrong, where there is none.
 */
export function checkedJob(data: unknown): ScoringTask | string {
  const job = jobSchema.safeParse(data);
  if (!job.success) return complaint(job.error);
  const { space, genotypes, columns, sessions } = job.data;
  try {
    const { space: made, schema } = kept(space);
    for (const { metric } of columns) metricOf(metric);
    for (const genotype of genotypes) {
      const checked = schema.safeParse(genotype);
      if (!checked.success) return `a genotype is none of the space "${space.name}": ${complaint(checked.error)}`;
      if (made.isValid?.(genotype) === false) return `a genotype of the space "${space.name}" is not valid`;
    }
  } catch (error) {
    if (error instanceof EsnasError) return error.message;
    throw error;
  }
  return { space, genotypes: genotypes as Genotype[], columns, ...(sessions !== undefined && { sessions }) };
}

function kept(given: ScoringTask["space"]) {
  const key = JSON.stringify(given);
  const old = known.get(key);
  if (old !== undefined) return old;
  const space = spaceOf(given.name, given.options);
  const values: z.ZodType[] = space.genes.map((gene) => z.literal([...gene.values]));
  const fresh = { space, schema: z.tuple(values as [z.ZodType, ...z.ZodType[]]) };
  if (known.size >= MOST_SPACES) known.clear();
  known.set(key, fresh);
  return fresh;
}

function complaint({ issues: [issue] }: z.ZodError): string {
  return issue === undefined ? "it is not of the form of a job" : `${issue.path.join(".")}: ${issue.message}`;
}
