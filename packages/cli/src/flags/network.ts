/** @file The network that a command is given: a genotype's, or a published model's. */

import {
  type Architecture,
  forTask,
  InputError,
  modelNamed,
  models,
  type TaskedNetwork,
  toJson,
} from "@esnas/core/internal";
import { Option } from "commander";
import { readGenotypeFile } from "../files/genotype-file.js";
import { isTaskGiven, type TaskFlags, taskIn } from "./task.js";

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
 * Reads the network that is named by a path or as a model, and makes it over for the task that flags give.
 * @throws {InputError} where both are given, or none, or there is no such network, or it cannot be made over.
 */
export function networkOf(path: string | undefined, model: string | undefined, flags: TaskFlags = {}): Network {
  if (path !== undefined && model !== undefined) throw new InputError("give a genotype, or --model NAME, not both");
  if (model !== undefined) return publishedNetwork(model, flags);
  if (path === undefined) {
    throw new InputError(
      `give the folder of a run, the JSON file of a genotype, or --model NAME, one of ${models.map(({ name }) => name).join(", ")}`,
    );
  }
  return genotypeNetwork(path, flags);
}

/** A published model, made over for the task that flags give. */
export function publishedNetwork(name: string, flags: TaskFlags): Network {
  const model = modelNamed(name).name;
  return {
    architecture: madeOver({ architecture: modelNamed(name).build() }, flags).architecture,
    identity: { model },
    origin: { model },
  };
}

/** The network of a genotype's file or of a run, made over for the task that flags give. */
export function genotypeNetwork(path: string, flags: TaskFlags): Network {
  const { architecture: own, ...read } = readGenotypeFile(path);
  const { architecture, genotype: { space, genotype } = read } = madeOver({ architecture: own, genotype: read }, flags);
  return { architecture, identity: toJson(space, genotype), origin: { space: space.name } };
}

function madeOver(network: TaskedNetwork, flags: TaskFlags): TaskedNetwork {
  if (!isTaskGiven(flags)) return network;
  return forTask(network, taskIn(flags, network.architecture.input[1]));
}
