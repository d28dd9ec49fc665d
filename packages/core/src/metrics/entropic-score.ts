/**
 * @file The Entropic Score: "the aggregated element-wise entropy of the activations" of a randomly initialised network
 * (Cavagnero et al., ICCV 2023 Workshops, arXiv 2310.04179). The paper's formula is not public; this is ours:
 *
 *     p_i = |a_i| / sum_j |a_j|    H = - sum_i p_i ln p_i = ln S - T / S    with S = sum |a|, T = sum |a| ln |a|
 *
 * in nats, for each sample over all elements of the tensor that enters (or leaves) a nonlinearity; averaged over samples,
 * then over nonlinearities. H is 0 where every element is 0.
 */

import { z } from "zod";
import { elements } from "../graph/graph.js";
import { defineMetric, type Observed, scoreOf } from "./metric.js";
import { forwardOptions, nonlinearitiesOf } from "./nonlinearities.js";

const options = z.strictObject({
  site: z.enum(["pre", "post"]).default("pre"),
  aggregation: z.enum(["mean", "sum"]).default("mean"),
  normalized: z.stringbool().or(z.boolean()).default(false),
  ...forwardOptions({ batch: 1, resolution: 64 }),
});

/** Added to magnitudes before the logarithm: 0 ln 0 is 0, and no magnitude that matters changes. */
const TINY = 1e-37;

/** Mean entropy over the samples of one observation, in nats. */
function meanEntropy({ values: [sums, weighted] }: Observed): number {
  if (sums === undefined || weighted === undefined) throw new Error("an entropy needs two sums");
  let total = 0;
  sums.data.forEach((s, sample) => {
    if (s !== 0) total += Math.log(s) - (weighted.data[sample] ?? 0) / s;
  });
  return total / sums.data.length;
}

export const entropicScore = defineMetric({
  contract: {
    name: "entropic-score",
    summary: "entropy of the activations of the randomly initialised network",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts: "every nonlinearity (ReLU, ReLU6, GELU, HardSwish), the tensor that enters it; not softmax",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network; activations that overflow",
    source: "Cavagnero et al. 2023, arXiv 2310.04179, in the form that DESIGN's measurements chose",
    significantDigits: 6,
  },
  options,
  create({ site, aggregation, normalized, batch, resolution, repeats }) {
    return {
      input: { batch, resolution, repeats },
      observe(b, graph) {
        return nonlinearitiesOf(graph).map(({ node, [site]: tensor }) => {
          const at = `${node}/entropy`;
          const rows = b.node("Flatten", at, [b.node("Abs", at, [tensor])]);
          const logarithms = b.node("Log", at, [
            b.node("Add", at, [rows, b.constant(`${at}/tiny`, "float32", [TINY], [])]),
          ]);
          const axis = b.constant(`${at}/axis`, "int64", [1]);
          const sums = b.node("ReduceSum", `${at}/sum`, [rows, axis]);
          const weighted = b.node("ReduceSum", `${at}/weighted`, [b.node("Mul", at, [rows, logarithms]), axis]);
          return { size: elements(tensor.shape), tensors: [sums, weighted] };
        });
      },
      reduce(observed) {
        if (observed.length === 0) return { value: null, reason: "the network has no nonlinearity" };
        let total = 0;
        for (const layer of observed) total += meanEntropy(layer) / (normalized ? Math.log(layer.size) : 1);
        return scoreOf(aggregation === "mean" ? total / observed.length : total, "the activations overflow");
      },
    };
  },
});
