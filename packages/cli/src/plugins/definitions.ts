/** @file The metrics, spaces and blocks that a plugin's module exports, under whatever names: what is none of them is left alone. */

import {
  addBlock,
  addMetric,
  addSpace,
  type BlockDefinition,
  firstIssue,
  InputError,
  type MetricDefinition,
  type SpaceDefinition,
} from "@esnas/core/internal";
import { z } from "zod";

export interface Definitions {
  readonly metrics: readonly MetricDefinition[];
  readonly spaces: readonly SpaceDefinition[];
  readonly blocks: readonly BlockDefinition[];
}

const text = z.string().min(1);
const isFunction = z.custom((value) => typeof value === "function", "expected a function");

const contract = z.looseObject({
  name: text,
  summary: text,
  role: z.enum(["topology", "size", "cost"]),
  direction: z.enum(["maximize", "minimize"]),
  needs: z.enum(["forward", "flow", "nothing"]),
  counts: text,
  normalisation: text,
  softmax: text,
  nonFinite: text,
  source: text,
  significantDigits: z.int().min(1).max(17),
});

const optionsSchema = z.custom(
  (value) => typeof value === "object" && value !== null && "shape" in value && "safeParse" in value,
  "expected the schema of an object, such as z.strictObject({})",
);

const forms = {
  metric: z.looseObject({ contract, options: optionsSchema, create: isFunction }),
  space: z.looseObject({ name: text, summary: text, create: isFunction }),
  block: z.looseObject({
    kind: text,
    title: text,
    build: isFunction,
    pytorch: isFunction,
    examples: z.array(z.looseObject({ spec: z.looseObject({ kind: text }), input: z.array(z.int().min(1)) })).min(1),
  }),
};

type Kind = keyof typeof forms;

/**
 * The definitions among a module's exports, each a definition or a list of them.
 * @throws {InputError} where there is none, or one is not complete.
 */
export function definitionsIn(exported: Readonly<Record<string, unknown>>): Definitions {
  const found: Record<Kind, unknown[]> = { metric: [], space: [], block: [] };
  for (const [name, value] of Object.entries(exported)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const item of new Set(items)) {
      const kind = kindOf(item);
      if (kind === undefined || Object.values(found).some((others) => others.includes(item))) continue;
      const { error } = forms[kind].safeParse(item);
      if (error !== undefined)
        throw new InputError(`the ${kind} that it exports as "${name}": ${firstIssue(error, item)}`);
      found[kind].push(item);
    }
  }
  const { metric, space, block } = found;
  if (metric.length + space.length + block.length === 0) {
    throw new InputError(
      "exports no metric, space or block: export what defineMetric, defineSpace or defineBlock gives",
    );
  }
  return {
    metrics: metric as MetricDefinition[],
    spaces: space as SpaceDefinition[],
    blocks: block as BlockDefinition[],
  };
}

function kindOf(item: unknown): Kind | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  if ("contract" in item) return "metric";
  if ("kind" in item && "build" in item) return "block";
  return "name" in item && "create" in item ? "space" : undefined;
}

/** @throws {InputError} where a name is taken or has another form. */
export function register({ metrics, spaces, blocks }: Definitions): void {
  for (const metric of metrics) addMetric(metric);
  for (const space of spaces) addSpace(space);
  for (const block of blocks) addBlock(block);
}
