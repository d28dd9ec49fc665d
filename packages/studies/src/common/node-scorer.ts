/** @file A scorer over ONNX Runtime's binding for Node. */

import { onnxRuntime, Scorer, type ScorerOptions } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";

export const runtime = onnxRuntime(ort);

export function nodeScorer(options: ScorerOptions): Scorer {
  return new Scorer(runtime, options);
}
