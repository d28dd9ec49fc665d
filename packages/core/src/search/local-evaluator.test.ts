import * as ort from "onnxruntime-node";
import { afterAll, test } from "vitest";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { Scorer } from "../scoring/scorer.js";
import { evaluatorConformance } from "../testing/evaluator-conformance.js";
import { localEvaluator } from "./local-evaluator.js";

const runtime = onnxRuntime(ort);
const scorers: Scorer[] = [];
afterAll(() => Promise.all(scorers.map((scorer) => scorer.release())));

const checks = evaluatorConformance(
  "the evaluator of this thread",
  (space, seed) => {
    const scorer = new Scorer(runtime, { seed });
    scorers.push(scorer);
    return localEvaluator(space, scorer);
  },
  runtime,
);
for (const { name, run } of checks) test(name, run);
