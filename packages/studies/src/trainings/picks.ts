/**
 * @file `npm run study -- picks`: what searches pick for a small budget by each recipe, and random networks of it, seed by seed: their PyTorch
 * sources for the training recipe, and `results/trainings/picks.csv` with the accuracies of those that have been trained.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Budget, hybridSpace, pytorchSource, type SearchOptions, search } from "@esnas/core/internal";
import { runtime } from "../common/node-scorer.js";
import { printTable, writeResults } from "../common/results.js";

const SEEDS = 10;
const STEPS = 1500;
const BUDGET: Budget = { parameters: 250_000, macs: 5_000_000 };

/** By the name of the pick. */
const methods: Readonly<Record<string, Omit<SearchOptions, "budget"> & { readonly budget?: Budget }>> = {
  short: { training: "short" },
  long: { training: "long" },
  paper: { recipe: "paper" },
  random: {
    algorithm: "random",
    maxEvaluations: 1,
    budget: { parameters: { min: 200_000, max: 250_000 }, macs: { min: 3_500_000, max: 5_000_000 } },
  },
};

export async function picks({ out }: { readonly out: string }): Promise<void> {
  const space = hybridSpace({ input: [3, 64, 64], classes: 10, stem: 4 });
  const folder = join(out, "picks");
  mkdirSync(folder, { recursive: true });
  const accuracies = accuraciesAfter(STEPS);
  const rows = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    for (const [method, options] of Object.entries(methods)) {
      const found = await search({ budget: BUDGET, space, runtime, seed, ...options });
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

function accuraciesAfter(steps: number): ReadonlyMap<string, number> {
  const path = `results/trainings/cifar10-${steps}-steps-picks.jsonl`;
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => JSON.parse(line) as { name: string; accuracy: number }).map((row) => [row.name, row.accuracy]),
  );
}
