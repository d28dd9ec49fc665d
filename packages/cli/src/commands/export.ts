/** @file `esnas export`: a genotype or a published model as files that other tools read. */

import { resolve } from "node:path";
import { figureSvg, graphOf, InputError } from "@esnas/core";
import { Command } from "commander";
import { checkTarget, writeWhole } from "../files.js";
import { modelOption, networkOf } from "../network.js";
import { pathOf, seedOption } from "../options.js";
import { onnxModel } from "../run/run-folder.js";

interface ExportFlags {
  readonly model?: string;
  readonly onnx?: string;
  readonly svg?: string;
  readonly seed: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a genotype or a model as ONNX or a drawing")
    .argument("[genotype]", "JSON file of a genotype, or folder of a run")
    .addOption(modelOption())
    .option("--onnx <file>", "ONNX model at opset 17 with random weights and dynamic batch", pathOf("--onnx"))
    .option("--svg <file>", "drawing", pathOf("--svg"))
    .addOption(seedOption())
    .option("--force", "write over files that exist")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas export runs/s0-seed0 --onnx s0.onnx
  $ esnas export architecture.json --onnx model.onnx --svg model.svg --seed 7
  $ esnas export --model edgenext_s --onnx edgenext_s.onnx`,
    )
    .action(runExport);
}

function runExport(path: string | undefined, { model, onnx, svg, seed, force, json }: ExportFlags): void {
  const { identity, architecture } = networkOf(path, model);
  const wanted: [string, () => string | Uint8Array][] = [];
  if (onnx !== undefined) {
    wanted.push([onnx, () => onnxModel(graphOf(architecture), seed, JSON.stringify(identity))]);
  }
  if (svg !== undefined) wanted.push([svg, () => figureSvg(architecture)]);
  if (wanted.length === 0) throw new InputError("nothing to write: give --onnx FILE, --svg FILE, or both");
  for (const [file] of wanted) checkTarget(file, force ?? false);
  if (onnx !== undefined && svg !== undefined && resolve(onnx) === resolve(svg)) {
    throw new InputError(`--onnx and --svg name the same file "${onnx}"`);
  }
  const files = wanted.map(([file, content]) => ({ path: file, content: Buffer.from(content()) }));
  writeWhole(files);
  const written = files.map(({ path: file, content }) => ({ file, bytes: content.length }));
  process.stdout.write(
    json
      ? `${JSON.stringify({ written }, undefined, 2)}\n`
      : written.map(({ file, bytes }) => `${file}: ${bytes.toLocaleString("en-US")} bytes\n`).join(""),
  );
}
