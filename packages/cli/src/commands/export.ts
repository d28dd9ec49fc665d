/** @file `esnas export`: a genotype or a published model as files that other tools read. */

import { resolve } from "node:path";
import {
  checkAnySize,
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  figureSvg,
  foundBy,
  graphOf,
  grouped,
  InputError,
  modelNamed,
  onnxModel,
  printable,
  pytorchSource,
  randomWeights,
  safetensorsFile,
  toJson,
} from "@esnas/core/internal";
import { Command } from "commander";
import { checkTarget, writeWhole } from "../files/files.js";
import { isOnnxFile } from "../files/onnx-file.js";
import { modelOption, networkOf } from "../flags/network.js";
import { pathOf, seedOption, whole } from "../flags/options.js";
import { OF_NETWORK, type TaskFlags, withTaskOptions } from "../flags/task.js";
import { print, printJson } from "../report/print.js";
import { searchOfRun } from "../run/found.js";
import { weightsIn } from "../run/weights-file.js";
import { version } from "../version.js";

/** The files that can be written, by their flags. */
const kinds = ["onnx", "pytorch", "safetensors", "svg"] as const;

type Kind = (typeof kinds)[number];

interface ExportFlags extends Partial<Readonly<Record<Kind, string>>>, TaskFlags {
  readonly model?: string;
  readonly weights?: string;
  readonly batch?: number;
  readonly anySize?: boolean;
  readonly seed: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  const command = new Command("export")
    .argument("[genotype]", "JSON file of a genotype, or folder of a run")
    .addOption(modelOption())
    .option("--onnx <file>", "ONNX model at opset 17, for inference, with weights", pathOf("--onnx"))
    .option("--pytorch <file>", "Python source of a PyTorch module", pathOf("--pytorch"))
    .option("--safetensors <file>", "the weights, for load_state_dict of that module", pathOf("--safetensors"))
    .option("--svg <file>", "drawing", pathOf("--svg"))
    .option("--weights <file>", "safetensors to take weights from; else random", pathOf("--weights"))
    .option("--batch <n>", "ONNX: a fixed batch (default: any)", whole("--batch", 1, 65_536))
    .option("--any-size", "ONNX: images of any height and width");
  return withTaskOptions(command, OF_NETWORK)
    .addOption(seedOption())
    .option("--force", "write over files that exist")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas export runs/s0-seed0 --onnx s0.onnx
  $ esnas export runs/s0-seed0 --pytorch s0.py --safetensors s0.safetensors
  $ esnas export runs/s0-seed0 --onnx s0.onnx --weights trained.safetensors
  $ esnas export architecture.json --onnx model.onnx --any-size
  $ esnas export architecture.json --onnx model.onnx --resolution 224 --batch 1
  $ esnas export architecture.json --onnx grey.onnx --input 1x96x96 --classes 2
  $ esnas export architecture.json --onnx model.onnx --svg model.svg --seed 7
  $ esnas export --model edgenext_s --onnx edgenext_s.onnx`,
    )
    .action(runExport);
}

function runExport(path: string | undefined, flags: ExportFlags): void {
  const { force = false, json = false } = flags;
  if (isOnnxFile(path)) {
    throw new InputError(
      `"${path}" is an ONNX file: export writes genotypes, runs and published models (esnas score and describe read ONNX files)`,
    );
  }
  const targets = kinds.flatMap((kind): [Kind, string][] => {
    const file = flags[kind];
    return file === undefined ? [] : [[kind, file]];
  });
  checkFlags(flags, targets);
  const content = contentsOf(path, flags);
  for (const [, file] of targets) checkTarget(file, force);
  const files = targets.map(([kind, file]) => ({ path: file, content: Buffer.from(content[kind]()) }));
  writeWhole(files);
  const written = files.map(({ path: file, content: bytes }) => ({ file, bytes: bytes.length }));
  if (json) printJson({ written });
  else for (const { file, bytes } of written) print(`${printable(file)}: ${grouped(bytes)} bytes`);
}

function checkFlags(flags: ExportFlags, targets: readonly (readonly [Kind, string])[]): void {
  if (targets.length === 0) {
    throw new InputError(`nothing to write: give ${kinds.map((kind) => `--${kind} FILE`).join(", ")}, or several`);
  }
  targets.forEach(([kind, file], i) => {
    const [other] = targets.slice(0, i).find(([, earlier]) => resolve(earlier) === resolve(file)) ?? [];
    if (other !== undefined) throw new InputError(`--${other} and --${kind} name the same file "${file}"`);
  });
  for (const flag of ["input", "resolution"] as const) {
    if (flags.anySize && flags[flag] !== undefined) {
      throw new InputError(`--any-size and --${flag} exclude each other: give one of them`);
    }
  }
  for (const flag of ["anySize", "batch"] as const) {
    if (flags[flag] !== undefined && flags.onnx === undefined) {
      throw new InputError(`--${flag === "batch" ? flag : "any-size"} is of ONNX models: give --onnx FILE`);
    }
  }
}

/** What goes into each kind of file, made when it is asked for. */
function contentsOf(path: string | undefined, flags: ExportFlags): Readonly<Record<Kind, () => string | Uint8Array>> {
  const { batch, anySize = false, seed } = flags;
  const { identity, architecture } = networkOf(path, flags.model, flags);
  const ours = flags.model === undefined ? undefined : familyMember(flags.model);
  const genes = ours?.genotype ?? identity;
  if (anySize) checkAnySize(architecture);
  const graph = graphOf(architecture);
  const weights = flags.weights === undefined ? randomWeights(seed) : weightsIn(flags.weights, graph);
  const origin = { genotype: genes, version };
  return {
    onnx: () => onnxModel(graph, weights, origin, { anySize, ...(batch !== undefined && { batch }) }),
    pytorch: () =>
      pytorchSource(architecture, {
        provenance: ours?.provenance ?? provenanceOf(path, flags.model),
        ...((path !== undefined || ours !== undefined) && { genotype: genes }),
      }),
    safetensors: () => safetensorsFile(graph, weights, origin),
    svg: () => figureSvg(architecture),
  };
}

/** Genotype and search of a model of the ESFormer family, if it is one. */
function familyMember(model: string): { readonly genotype: object; readonly provenance: string[] } | undefined {
  const preset = (Object.keys(familyBudgets) as FamilyName[]).find((name) => model === `esformer_${name}`);
  if (preset === undefined) return undefined;
  const { space, genotype } = esformerGenotype(preset);
  const command = `esnas search --preset ${preset} --seed ${esformerConfigurations[preset].seed}`;
  return { genotype: toJson(space, genotype), provenance: foundBy(command, familyBudgets[preset]) };
}

/** Sentences on the search that found a genotype, if it is a run's, or on a published model. */
function provenanceOf(path: string | undefined, model: string | undefined): string[] {
  if (model !== undefined) return [`${modelNamed(model).title} as published, without its weights.`];
  const search = searchOfRun(path);
  return search === undefined ? [] : foundBy(search.command, search.constraints);
}
