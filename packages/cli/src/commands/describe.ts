/** @file `esnas describe`: a genotype or a published model stage by stage, block by block; an ONNX file layer by layer. */

import {
  architectureCosts,
  type BoundsByCost,
  blockColumns,
  blockRows,
  describeStages,
  type ImageSize,
  InputError,
  latencyPredictor,
  stageColumns,
  stageRows,
  taskInWords,
  taskOfNetwork,
  usageOf,
} from "@esnas/core/internal";
import { Command } from "commander";
import { readProfileFile } from "../files/latency-profile-file.js";
import { isOnnxFile, type OnnxSettings, readOnnxFile } from "../files/onnx-file.js";
import { modelOption, networkOf } from "../flags/network.js";
import { refuseOnnxFlags, sizeOption } from "../flags/onnx.js";
import { pathOf } from "../flags/options.js";
import { isTaskGiven, OF_NETWORK, refuseTask, type TaskFlags, withTaskOptions } from "../flags/task.js";
import { guarded } from "../process/guard.js";
import { isGuarded } from "../process/watched.js";
import { layerJson, layerText } from "../report/layer-table.js";
import { print, printJson } from "../report/print.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import { searchOfRun } from "../run/found.js";
import { costsInWords, predictedLatency } from "../run/summary.js";

interface DescribeFlags extends TaskFlags {
  readonly model?: string;
  readonly blocks?: boolean;
  readonly size?: ImageSize;
  readonly profile?: string;
  readonly json?: boolean;
}

export function describeCommand(): Command {
  const command = new Command("describe")
    .argument("[network]", "genotype's JSON file, folder of a run, or ONNX file")
    .addOption(modelOption());
  return withTaskOptions(command, OF_NETWORK)
    .option("--blocks", "one row a block")
    .addOption(sizeOption())
    .option("--profile <file>", "predict milliseconds by a latency profile", pathOf("--profile"))
    .option("--json", "print stages and blocks, or layers, as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas describe runs/s0-seed0
  $ esnas describe architecture.json --blocks
  $ esnas describe architecture.json --input 1x96x96 --classes 2 --stem auto
  $ esnas describe --model edgenext_s --blocks
  $ esnas describe runs/s0-seed0 --profile latency/my-phone.json
  $ esnas describe model.onnx
  $ esnas describe architecture.json --json`,
    )
    .action(async (path: string | undefined, { model, blocks, size, profile, json, ...task }: DescribeFlags) => {
      const flags = { ...(size !== undefined && { size }) };
      if (isOnnxFile(path) && model === undefined) {
        if (profile !== undefined)
          throw new InputError("--profile predicts from blocks, which an ONNX file does not name");
        refuseTask(task, "are of genotypes and published models: of an ONNX file, --size is all that can be chosen");
        if (isGuarded()) await describeFile(path, flags, json ?? false);
        else await guarded([path]);
        return;
      }
      refuseOnnxFlags(flags);
      describeNetwork(path, { ...task, ...(model && { model }), ...(profile && { profile }) }, { blocks, json });
    });
}

/** With the bounds that the network was searched within, unless it is made over for another task. */
function describeNetwork(
  path: string | undefined,
  { model, profile: file, ...task }: Pick<DescribeFlags, "model" | "profile"> & TaskFlags,
  { blocks = false, json = false }: { readonly blocks?: boolean | undefined; readonly json?: boolean | undefined },
): void {
  const profile = file === undefined ? undefined : readProfileFile(file);
  const { origin, architecture } = networkOf(path, model, task);
  const latency = profile && predictedLatency(latencyPredictor(profile).ofArchitecture(architecture), profile);
  const found = isTaskGiven(task) ? undefined : searchOfRun(path)?.constraints;
  const counted = architectureCosts(architecture);
  const bounds = usageOf(
    { ...counted, ...(latency && { latency: latency.milliseconds }) },
    (found ?? {}) as BoundsByCost,
  );
  const costs = { ...counted, ...(latency && { latency }), ...(bounds.length > 0 && { bounds }) };
  const stages = describeStages(architecture);
  const of = taskOfNetwork(architecture);
  if (json) {
    printJson({ ...origin, task: of, ...costs, stages });
    return;
  }
  const table = blocks ? textTable(blockColumns, blockRows(stages)) : textTable(stageColumns, stageRows(stages));
  print(`${table}\n\n${wrap(costsInWords(costs))}\n${wrap(taskInWords(of))}`);
}

async function describeFile(path: string, flags: OnnxSettings, json: boolean): Promise<void> {
  const model = await readOnnxFile(path, flags);
  if (json) printJson(layerJson(model));
  else print(layerText(model));
}
