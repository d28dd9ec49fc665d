/** @file The network that a command is given: a genotype's, or a published model's. */

import { type Architecture, InputError, modelNamed, models, toJson } from "@esnas/core";
import { Option } from "commander";
import { readGenotypeFile } from "../files/genotype-file.js";

export interface Network {
  readonly architecture: Architecture;
  /** What identifies it, as JSON: the genotype with its space, or the model's name. */
  readonly identity: object;
  /** What it is a network of: `hybrid`, or the model's name. */
  readonly origin: { readonly space: string } | { readonly model: string };
}

export const modelOption = () =>
  new Option(
    "--model <name>",
    "a published model in place of a genotype, as esnas models lists them: edgenext_s, resnet18, ...",
  ).argParser((name: string) => modelNamed(name).name);

/**
 * Reads the network that is named by a path or as a model.
 * @throws {InputError} where both are given, or none, or there is no such network.
 */
export function networkOf(path: string | undefined, model: string | undefined): Network {
  if (path !== undefined && model !== undefined) throw new InputError("give a genotype, or --model NAME, not both");
  if (model !== undefined) {
    return { architecture: modelNamed(model).build(), identity: { model }, origin: { model } };
  }
  if (path === undefined) {
    throw new InputError(
      `give the folder of a run, the JSON file of a genotype, or --model NAME, one of ${models.map(({ name }) => name).join(", ")}`,
    );
  }
  const { space, genotype, architecture } = readGenotypeFile(path);
  return { architecture, identity: toJson(space, genotype), origin: { space: space.name } };
}
