/** @file Architectures as tables have them: in the notation of the space's field, or as the JSON of a genotype. */

import { InputError } from "../base/errors.js";
import { fromJson, toJson } from "../spaces/json.js";
import { readGenotype, spaceOf } from "../spaces/registry.js";
import type { Genotype, Space } from "../spaces/space.js";
import { groundTruthOf } from "./ground-truth.js";

function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`the architecture is not JSON: ${(error as Error).message}`);
  }
}

/**
 * The space of a table: made for its dataset where the benchmark is a known one, otherwise with the options that its
 * first architecture carries.
 * @throws {@link InputError} where there is no such space or dataset.
 */
export function spaceOfTable(name: string, dataset: string, first: string): Space {
  const truth = groundTruthOf(name);
  if (truth !== undefined) return spaceOf(name, truth.spaceOptions(dataset));
  const plain = spaceOf(name);
  if (!isJson(first)) return plain;
  const { space } = readGenotype(parsed(first));
  if (space.name !== name) throw new InputError(`the architecture is of the space "${space.name}", not of "${name}"`);
  return space;
}

/** Reads the architectures of a table of the space. What it gives throws an InputError where a text is none. */
export function architectureReader(space: Space): (text: string) => Genotype {
  const options = JSON.stringify(space.options);
  const isFixed = groundTruthOf(space.name) !== undefined;
  return (text) => {
    if (isJson(text)) {
      const json = parsed(text);
      if (!isFixed && JSON.stringify(json.options ?? {}) !== options) {
        throw new InputError(
          "the options of the space differ from those of the architecture before: a table has one space",
        );
      }
      return fromJson(space, json);
    }
    if (space.notation !== undefined) return space.notation.read(text);
    throw new InputError(
      `architectures of the space "${space.name}" are genotypes in JSON, not ${JSON.stringify(text.slice(0, 60))}`,
    );
  };
}

/** An architecture as tables have it. */
export function architectureText(space: Space, genotype: Genotype): string {
  return space.notation?.write(genotype) ?? JSON.stringify(toJson(space, genotype));
}
