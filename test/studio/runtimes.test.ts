/**
 * @file The page's runtime and the command line's, on one search: the same candidates in the same order, with raw scores that differ
 * by less than half of the last digit that decisions are made by, and so by one in that digit where they lie beside its edge.
 */

import {
  drive,
  type Evaluation,
  entropyByLayer,
  hybridSpace,
  jsonText,
  localEvaluator,
  type OnnxRuntimeBinding,
  onnxRuntime,
  Scorer,
  type Scores,
  sample,
  searchOf,
  seededRandom,
} from "@esnas/core/internal";
import * as native from "onnxruntime-node";
import * as web from "onnxruntime-web/wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { budgetOf, settingsOf } from "../../packages/studio/src/state/budget.js";

const EVALUATIONS = 500;

interface Told {
  readonly candidate: string;
  readonly scores: Scores;
}

async function historyBy(binding: OnnxRuntimeBinding): Promise<Told[]> {
  const search = searchOf(settingsOf(budgetOf("s0", { evaluations: EVALUATIONS })));
  const scorer = new Scorer(onnxRuntime(binding), { seed: 0 });
  const told: Told[] = [];
  await drive(search.start(), {
    space: search.space,
    evaluator: localEvaluator(search.space, scorer),
    onEvaluation({ candidate: { genotype, phase, cycle }, scores }: Evaluation) {
      told.push({ candidate: `${phase} ${cycle} ${jsonText(search.space, genotype)}`, scores });
    },
  });
  await scorer.release();
  return told;
}

describe("onnxruntime-web and onnxruntime-node", () => {
  beforeAll(() => {
    web.env.wasm.numThreads = 1;
  });

  test(`give one history of ${EVALUATIONS} candidates`, async () => {
    const [ours, theirs] = [await historyBy(native), await historyBy(web)];
    expect(ours.length).toBe(EVALUATIONS);
    expect(theirs.map(({ candidate }) => candidate)).toEqual(ours.map(({ candidate }) => candidate));
    const scoreBy = (told: Told | undefined, metric: string) => Number(told?.scores[metric] ?? 0);
    const differences = ours.map((told, i) =>
      Math.abs(scoreBy(told, "entropic-score") - scoreBy(theirs[i], "entropic-score")),
    );
    // Six digits of a score near 8; sums in floating point stand beside that.
    expect(Math.max(...differences)).toBeLessThan(1.01e-5);
    expect(differences.filter((difference) => difference > 0).length).toBeLessThan(EVALUATIONS / 20);
    expect(theirs.map((told) => told.scores.logsynflow)).toEqual(ours.map((told) => told.scores.logsynflow));
  });

  test("give entropies that differ by less than half of the last digit that counts", async () => {
    const space = hybridSpace();
    const architecture = space.build(sample(space, seededRandom(4)));
    const entropies = await Promise.all(
      [native, web].map(async (binding) => {
        const scorer = new Scorer(onnxRuntime(binding as OnnxRuntimeBinding), { seed: 0 });
        const layers = await entropyByLayer(scorer, architecture);
        await scorer.release();
        return layers.map(({ entropy }) => entropy);
      }),
    );
    const [ours = [], theirs = []] = entropies;
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Six digits of a score near 8 end at 1e-5.
    expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(5e-6);
  });
});
