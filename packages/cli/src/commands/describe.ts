/** @file `esnas describe`: a genotype stage by stage, block by block. */

import { architectureCosts, describeStages } from "@esnas/core";
import { Command } from "commander";
import { readGenotypeFile } from "../files.js";
import { big } from "../report/numbers.js";
import { blockColumns, blockRows, stageColumns, stageRows } from "../report/stage-table.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";

export function describeCommand(): Command {
  return new Command("describe")
    .description("print a genotype as a table, stage by stage")
    .argument("<genotype>", "JSON file of a genotype, or folder of a run")
    .option("--blocks", "one row a block")
    .option("--json", "print stages and blocks as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas describe runs/s0-seed0
  $ esnas describe architecture.json --blocks
  $ esnas describe architecture.json --json`,
    )
    .action((path: string, { blocks, json }: { readonly blocks?: boolean; readonly json?: boolean }) => {
      const { space, architecture } = readGenotypeFile(path);
      const costs = architectureCosts(architecture);
      const stages = describeStages(architecture);
      if (json) {
        process.stdout.write(`${JSON.stringify({ space: space.name, ...costs, stages }, undefined, 2)}\n`);
        return;
      }
      const table = blocks ? textTable(blockColumns, blockRows(stages)) : textTable(stageColumns, stageRows(stages));
      const input = architecture.input.slice(1).join(" x ");
      const total = wrap(`${big(costs.parameters)} parameters, ${big(costs.macs)} MACs at ${input}`);
      process.stdout.write(`${table}\n\n${total}\n`);
    });
}
