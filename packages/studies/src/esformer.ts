/** @file Do the searches of the ESFormer family end with the models that are kept? Their costs and scores beside it. */

import {
  architectureCosts,
  commandOf,
  drive,
  esformerConfigurations,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  familySettings,
  keyOf,
  localEvaluator,
  metricOf,
  searchOf,
} from "@esnas/core/internal";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const METRICS = ["entropic-score", "logsynflow", "logsynflow(normalisation=divide)"];

export async function esformerFamily(): Promise<void> {
  const rows: Row[] = [];
  for (const recipe of ["recommended", "paper"] as const) {
    for (const preset of Object.keys(familyBudgets) as FamilyName[]) {
      const name = recipe === "paper" ? (`paper_${preset}` as const) : preset;
      const { seed } = esformerConfigurations[name];
      const { space, settings, start } = searchOf(familySettings(preset, seed, recipe));
      const scorer = nodeScorer({ seed });
      const outcome = await drive(start(), { space, evaluator: localEvaluator(space, scorer) });
      const { genotype } = esformerGenotype(name);
      const architecture = space.build(genotype);
      const { parameters, macs, activations, activationLayers } = architectureCosts(architecture);
      const scores = await scorer.scores(
        architecture,
        METRICS.map((text) => metricOf(text)),
      );
      await scorer.release();
      rows.push({
        model: `esformer_${name}`,
        command: commandOf(settings),
        "ends with the model": outcome && keyOf(space, outcome.best) === keyOf(space, genotype) ? "yes" : "no",
        parameters,
        macs,
        ...Object.fromEntries(METRICS.map((id) => [id, Number(scores[id])])),
        nonlinearities: activationLayers,
        activations,
      });
    }
  }
  printTable(rows);
  writeResults("esformer", rows);
}
