/** @file `esnas export`: a genotype as files that other tools read. */

import { figureSvg, graphOf, InputError, toJson } from "@esnas/core";
import { Command } from "commander";
import { readGenotypeFile, refuseExisting, writeWhole } from "../files.js";
import { seedOption } from "../options.js";
import { onnxModel } from "../run/run-folder.js";

interface ExportFlags {
  readonly onnx?: string;
  readonly svg?: string;
  readonly seed: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a genotype as an ONNX model or a drawing")
    .argument("<genotype>", "JSON file of a genotype, or folder of a run")
    .option("--onnx <file>", "ONNX model at opset 17 with random weights and dynamic batch")
    .option("--svg <file>", "drawing")
    .addOption(seedOption())
    .option("--force", "write over files that exist")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas export runs/s0-seed0 --onnx s0.onnx
  $ esnas export architecture.json --onnx model.onnx --svg model.svg --seed 7`,
    )
    .action(runExport);
}

function runExport(path: string, { onnx, svg, seed, force, json }: ExportFlags): void {
  const { space, genotype } = readGenotypeFile(path);
  const architecture = space.build(genotype);
  const wanted: [string, () => string | Uint8Array][] = [];
  if (onnx !== undefined) {
    wanted.push([onnx, () => onnxModel(graphOf(architecture), seed, JSON.stringify(toJson(space, genotype)))]);
  }
  if (svg !== undefined) wanted.push([svg, () => figureSvg(architecture)]);
  if (wanted.length === 0) throw new InputError("nothing to write: give --onnx FILE, --svg FILE, or both");
  if (!force) for (const [file] of wanted) refuseExisting(file, "give --force to write over it");
  const written = wanted.map(([file, content]) => {
    const bytes = content();
    writeWhole(file, bytes);
    return { file, bytes: bytes.length };
  });
  process.stdout.write(
    json
      ? `${JSON.stringify({ written }, undefined, 2)}\n`
      : written.map(({ file, bytes }) => `${file}: ${bytes.toLocaleString("en-US")} bytes\n`).join(""),
  );
}
