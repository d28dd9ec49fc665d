/** @file Do the searches of the ESFormer family end with the models that are kept? Their costs and scores beside it. */

import {
  cyclicSearch,
  DEFAULT_EVALUATIONS,
  defaultAlgorithmOptions,
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  keyOf,
} from "@esnas/core/internal";
import { printTable, type Row, writeResults } from "./common/results.js";
import { problemOf, runSearch } from "./common/search-in-memory.js";

export async function esformerFamily(): Promise<void> {
  const rows: Row[] = [];
  for (const preset of Object.keys(familyBudgets) as FamilyName[]) {
    const { seed } = esformerConfigurations[preset];
    const problem = problemOf(preset, seed, DEFAULT_EVALUATIONS);
    const { outcome, costs, ...scores } = await runSearch(problem, cyclicSearch(problem, defaultAlgorithmOptions));
    const { space, genotype } = esformerGenotype(preset);
    rows.push({
      model: `esformer_${preset}`,
      command: `esnas search --preset ${preset} --seed ${seed}`,
      "ends with the model": keyOf(space, outcome.best) === keyOf(space, genotype) ? "yes" : "no",
      parameters: costs.parameters,
      macs: costs.macs,
      "entropic-score": scores.entropicScore,
      logsynflow: scores.logSynflow,
      nonlinearities: costs.activationLayers,
      activations: costs.activations,
    });
  }
  printTable(rows);
  writeResults("esformer", rows);
}
