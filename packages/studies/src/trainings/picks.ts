/**
 * @file `npm run study -- picks`: what searches pick for a small budget by each recipe, and random networks of it, seed by seed: their PyTorch
 * sources for the training recipe, and `results/trainings/picks.csv` with the accuracies of those that have been trained.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hybridSpace, pytorchSource, type SearchOptions, search } from "@esnas/core/internal";
import { runtime } from "../common/node-scorer.js";
import { printTable, writeResults } from "../common/results.js";
import { band, task, upper } from "./networks.js";
import { accuraciesAfter } from "./results.js";

const SEEDS = 10;
const STEPS = 1500;

/** By the name of the pick. */
const methods: Readonly<Record<string, Partial<SearchOptions>>> = {
  short: { training: "short" },
  long: { training: "long" },
  paper: { recipe: "paper" },
  random: { algorithm: "random", maxEvaluations: 1, budget: band },
};

export async function picks({ out }: { readonly out: string }): Promise<void> {
  const space = hybridSpace({ ...task, stem: 4 });
  const folder = join(out, "picks");
  mkdirSync(folder, { recursive: true });
  const accuracies = accuraciesAfter(STEPS, "picks");
  const rows = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    for (const [method, options] of Object.entries(methods)) {
      const found = await search({ budget: upper, space, runtime, seed, ...options });
      const { architecture, genotype, parameters, macs, activationLayers } = found;
      const name = `pick-${method}-${String(seed).padStart(2, "0")}`;
      writeFileSync(join(folder, `${name}.py`), pytorchSource(architecture, { genotype }));
      const accuracy = accuracies.get(name) ?? "";
      rows.push({
        name,
        method,
        seed,
        parameters,
        macs,
        nonlinearities: activationLayers,
        [`accuracy ${STEPS}`]: accuracy,
        genotype: JSON.stringify(genotype),
      });
    }
  }
  printTable(rows.map(({ genotype: _, ...row }) => row));
  writeResults("trainings/picks", rows);
  process.stdout.write(`${folder}: ${rows.length} PyTorch sources\n`);
}
