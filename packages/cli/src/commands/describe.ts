/** @file `esnas describe`: a genotype or a published model stage by stage, block by block. */

import { architectureCosts, describeStages } from "@esnas/core";
import { Command } from "commander";
import { modelOption, networkOf } from "../network.js";
import { big } from "../report/numbers.js";
import { blockColumns, blockRows, stageColumns, stageRows } from "../report/stage-table.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";

interface DescribeFlags {
  readonly model?: string;
  readonly blocks?: boolean;
  readonly json?: boolean;
}

export function describeCommand(): Command {
  return new Command("describe")
    .description("print a genotype or a model as a table, stage by stage")
    .argument("[genotype]", "JSON file of a genotype, or folder of a run")
    .addOption(modelOption())
    .option("--blocks", "one row a block")
    .option("--json", "print stages and blocks as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas describe runs/s0-seed0
  $ esnas describe architecture.json --blocks
  $ esnas describe --model edgenext_s --blocks
  $ esnas describe architecture.json --json`,
    )
    .action((path: string | undefined, { model, blocks, json }: DescribeFlags) => {
      const { origin, architecture } = networkOf(path, model);
      const costs = architectureCosts(architecture);
      const stages = describeStages(architecture);
      if (json) {
        process.stdout.write(`${JSON.stringify({ ...origin, ...costs, stages }, undefined, 2)}\n`);
        return;
      }
      const table = blocks ? textTable(blockColumns, blockRows(stages)) : textTable(stageColumns, stageRows(stages));
      const input = architecture.input.slice(1).join(" x ");
      const total = wrap(`${big(costs.parameters)} parameters, ${big(costs.macs)} MACs at ${input}`);
      process.stdout.write(`${table}\n\n${total}\n`);
    });
}
