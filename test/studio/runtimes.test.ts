/**
 * @file The page's runtime and the command line's, on one search: the same history, and raw scores that differ by far less than the
 * digits that decisions are made by.
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
  sample,
  searchOf,
  seededRandom,
} from "@esnas/core";
import * as native from "onnxruntime-node";
import * as web from "onnxruntime-web/wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { budgetOf, settingsOf } from "../../packages/studio/src/state/budget.js";

const EVALUATIONS = 500;

async function historyBy(binding: OnnxRuntimeBinding): Promise<string[]> {
  const search = searchOf(settingsOf(budgetOf("s0", { evaluations: EVALUATIONS })));
  const scorer = new Scorer(onnxRuntime(binding), { seed: 0 });
  const told: string[] = [];
  await drive(search.start(), {
    space: search.space,
    evaluator: localEvaluator(search.space, scorer),
    onEvaluation({ candidate: { genotype, phase, cycle }, scores }: Evaluation) {
      told.push(`${phase} ${cycle} ${jsonText(search.space, genotype)} ${JSON.stringify(scores)}`);
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
    expect(theirs).toEqual(ours);
  });

  test("give entropies that differ by less than a hundredth of the last digit that counts", async () => {
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
    expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(1e-7);
  });
});
