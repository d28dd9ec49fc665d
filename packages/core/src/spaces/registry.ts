/** @file All search spaces, and the way from a genotype's JSON to its space. */

import { z } from "zod";
import { checkArgument, checkText } from "../base/argument.js";
import { InputError, unknownName } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import { Registry } from "../base/registry.js";
import type { SpaceDefinition } from "./define.js";
import { type HybridOptions, hybridSpace } from "./hybrid.js";
import { fromJson } from "./json.js";
import { mnasnet } from "./mnasnet.js";
import { nasbenchMacro } from "./nasbench-macro.js";
import { nasbench101Space } from "./nasbench101.js";
import { type NatsOptions, natsSizeSpace, natsTopologySpace } from "./nats.js";
import type { Genotype, Space } from "./space.js";

type Options = Readonly<Record<string, unknown>>;

/** Makes a space from options, which come from outside and are checked by the space. */
export type SpaceFactory = (options: Options) => Space;

/** All spaces; `add` takes those of others. */
export const spaceRegistry = new Registry<SpaceFactory>("space", {
  hybrid: (options) => hybridSpace(options as Partial<HybridOptions>),
  "nats-topology": (options) => natsTopologySpace(options as Partial<NatsOptions>),
  "nats-size": (options) => natsSizeSpace(options as Partial<NatsOptions>),
  mnasnet: mnasnet.create,
  "nasbench-macro": nasbenchMacro.create,
  nasbench101: (options) => nasbench101Space(options as Readonly<Record<string, never>>),
});

/** The names of all spaces. */
export const spaceNames = spaceRegistry.names;

/**
 * Makes a space known by its name, to searches, commands and files.
 * @throws {@link InputError} where the name is taken or has another form.
 */
export function addSpace(definition: SpaceDefinition): void {
  const { name, create } = definition ?? {};
  const holds = typeof name === "string" && typeof create === "function";
  checkArgument(holds, 'addSpace: "definition"', definition, "{ name, summary, create }, as defineSpace gives it");
  spaceRegistry.add(name, create);
}

/**
 * The space of a name.
 * @throws {@link InputError} where the name or the options are not known.
 */
export function spaceOf(name: string, options: Readonly<Record<string, unknown>> = {}): Space {
  checkText('spaceOf: "name"', name, "the name of a space such as hybrid");
  return spaceRegistry.get(name)(options);
}

function isPlainObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const header = z.looseObject({
  space: z.string(),
  version: z.number(),
  // Not a record: that would drop a key "__proto__", which the space is to refuse.
  options: z.custom<Options>(isPlainObject, "expected an object").optional(),
});

/**
 * Space and genotype of a JSON value.
 * @throws {@link InputError} where it is not of the form, or of another version.
 * @example
 * ```ts
 * import { architectureCosts, readGenotype, search } from "@esnas/core";
 *
 * const { genotype: json } = await search({
 *   budget: { macs: 50_000_000 },
 *   topologyMetric: "parameters",
 *   sizeMetric: "logsynflow",
 *   maxEvaluations: 20,
 * });
 * const { space, genotype } = readGenotype(json);
 * console.log(architectureCosts(space.build(genotype)).macs);
 * ```
 */
export function readGenotype(json: unknown): { readonly space: Space; readonly genotype: Genotype } {
  const parsed = header.safeParse(json);
  if (!parsed.success) throw new InputError(`not a genotype: ${firstIssue(parsed.error, json)}`);
  if (spaceRegistry.find(parsed.data.space) === undefined) {
    const { message } = unknownName("space", parsed.data.space, spaceNames);
    throw new InputError(`${message} A plugin's space needs that plugin.`);
  }
  const space = spaceOf(parsed.data.space, parsed.data.options ?? {});
  if (parsed.data.version !== space.version) {
    throw new InputError(
      `the genotype is of version ${parsed.data.version} of the space "${space.name}"; this program reads version ${space.version}`,
    );
  }
  return { space, genotype: fromJson(space, json) };
}
