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
import { smallest } from "../base/extremes.js";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import { elements, type Graph, outputOf, shapeOf } from "../graph/graph.js";
import { defineMetric, type Observed, type Score, scoreOf } from "./metric.js";
import { forwardOptions, placesOf, sites } from "./nonlinearities.js";

export const aggregations = ["mean", "sum", "progressivity"] as const;

const entropySites = [...sites, "block"] as const;

type EntropySite = (typeof entropySites)[number];

type Aggregation = (typeof aggregations)[number];

const { noise, ...forward } = forwardOptions({ batch: 1, resolution: 64 });

const options = z.strictObject({
  /** What enters a nonlinearity, what leaves it, what a convolution gives, or what a block of the chain gives. */
  site: z.enum(entropySites).default("pre"),
  /**
   * What is a distribution: |a| or a^2 over their sum, softmax(a), |a| over its L2 norm, for which -z ln z is summed, or the shares
   * of elements in bins of equal width from the smallest to the largest.
   */
  of: z.enum(["magnitude", "square", "softmax", "l2", "bins"]).default("magnitude"),
  /** Every element, or the sums over the other axes at each channel or at each position. */
  over: z.enum(["all", "channels", "positions"]).default("all"),
  /** Over layers; the progressivity is the smallest change from one layer to the next. */
  aggregation: z.enum(aggregations).default("mean"),
  normalized: z.stringbool().or(z.boolean()).default(false),
  noise,
  /** What batch normalisations divide by: the batch's statistics, or nothing. */
  statistics: z.enum(["batch", "none"]).default("batch"),
  ...forward,
});

type Of = z.output<typeof options>["of"];
type Over = z.output<typeof options>["over"];

/** Bins of a histogram. */
const BINS = 64;

const OVERFLOW = "the activations overflow";

/** Added to magnitudes before the logarithm: 0 ln 0 is 0, and no magnitude that matters changes. */
const TINY = 1e-37;

/** What the entropy is of, `[N, n]`; not negative, bins apart. */
function masses(b: GraphBuilder, at: string, tensor: Tensor, of: Of, over: Over): Tensor {
  const sized = (x: Tensor) => {
    if (of === "bins") return x;
    return of === "square" ? b.node("Mul", `${at}/square`, [x, x]) : b.node("Abs", at, [x]);
  };
  if (of === "softmax") return b.node("Softmax", at, [b.node("Flatten", at, [tensor])]);
  if (over === "all" || tensor.shape.length < 3) return b.node("Flatten", at, [sized(tensor)]);
  const others = over === "channels" ? tensor.shape.slice(2).map((_, i) => i + 2) : [1];
  const axes = b.constant(`${at}/others`, "int64", others);
  return b.node("Flatten", at, [b.node("ReduceSum", `${at}/marginal`, [sized(tensor), axes])]);
}

/** Mean entropy over the samples of one observation, `[N, 2]` or `[N, 3]`, in nats. */
export function meanEntropy({ values: [sums] }: Observed): number {
  if (sums === undefined) throw new Error("an entropy needs sums");
  const [batch = 1, count = 2] = sums.shape;
  let total = 0;
  for (let sample = 0; sample < batch; sample++) {
    const [sum = 0, weighted = 0, squares] = sums.data.subarray(sample * count, (sample + 1) * count);
    if (sum === 0) continue;
    // Shares add up to 1, or their squares do.
    const norm = squares === undefined ? sum : Math.sqrt(squares);
    total += (sum * Math.log(norm) - weighted) / norm;
  }
  return total / batch;
}

/** Mean entropy over samples of the histogram of `[N, n]` values, in nats; 0 where all are equal. */
function meanEntropyOfBins({ values: [values] }: Observed): number {
  if (values === undefined) throw new Error("a histogram needs values");
  const [batch = 1, n = 1] = values.shape;
  let total = 0;
  for (let sample = 0; sample < batch; sample++) {
    total += entropyOfBins(values.data.subarray(sample * n, (sample + 1) * n));
  }
  return total / batch;
}

function entropyOfBins(values: Float32Array): number {
  const least = values.reduce((a, b) => Math.min(a, b));
  const width = (values.reduce((a, b) => Math.max(a, b)) - least) / BINS;
  if (width === 0) return 0;
  if (!Number.isFinite(width)) return Number.NaN;
  const counts = new Float64Array(BINS);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - least) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.reduce((entropy, count) => {
    const share = count / values.length;
    return count === 0 ? entropy : entropy - share * Math.log(share);
  }, 0);
}

/** Where the entropy is taken, in the order of the network. */
function entropyPlaces(graph: Graph, site: EntropySite): readonly { readonly node: string; readonly tensor: Tensor }[] {
  if (site !== "block") return placesOf(graph, site);
  const name = outputOf(graph);
  return [{ node: "block", tensor: { name, shape: shapeOf(graph, name) } }];
}

/** Of the entropies of layers, in the order of the network. */
export function aggregate(entropies: readonly number[], aggregation: Aggregation, site: EntropySite): Score {
  if (entropies.length === 0) {
    return { value: null, reason: `the network has no ${site === "convolution" ? site : "nonlinearity"}` };
  }
  const steps = entropies.slice(1).map((entropy, i) => entropy - (entropies[i] ?? 0));
  const sum = entropies.reduce((total, entropy) => total + entropy, 0);
  switch (aggregation) {
    case "mean":
      return scoreOf(sum / entropies.length, OVERFLOW);
    case "sum":
      return scoreOf(sum, OVERFLOW);
    case "progressivity":
      return scoreOf(smallest(steps), steps.length === 0 ? "the network has one layer alone" : OVERFLOW);
  }
}

export const entropicScore = defineMetric({
  contract: {
    name: "entropic-score",
    summary: "entropy of the activations of the randomly initialised network",
    role: "topology",
    direction: "maximize",
    needs: "forward",
    counts:
      "every nonlinearity (ReLU, ReLU6, GELU, SiLU, HardSwish), the tensor that enters it; not softmax; or every convolution",
    normalisation: "training mode: statistics of the batch",
    softmax: "as it is",
    nonFinite: "no nonlinearity in the network; activations that overflow",
    source:
      "Cavagnero et al. 2023, arXiv 2310.04179, in the form that the measurements in docs/entropic-score.md chose",
    significantDigits: 6,
  },
  options,
  create({ site, of, over, aggregation, normalized, ...input }) {
    return {
      input,
      observe(b, graph) {
        return entropyPlaces(graph, site).map(({ node, tensor }) => {
          const at = `${node}/entropy`;
          const rows = masses(b, at, tensor, of, over);
          if (of === "bins") return { size: BINS, tensors: [rows] };
          const logarithms = b.node("Log", at, [
            b.node("Add", at, [rows, b.constant(`${at}/tiny`, "float32", [TINY], [])]),
          ]);
          const axis = b.constant(`${at}/axis`, "int64", [1]);
          const sums = b.node("ReduceSum", `${at}/sum`, [rows, axis]);
          const weighted = b.node("ReduceSum", `${at}/weighted`, [b.node("Mul", at, [rows, logarithms]), axis]);
          const all = [sums, weighted];
          if (of === "l2") {
            all.push(b.node("ReduceSum", `${at}/squares`, [b.node("Mul", `${at}/squared`, [rows, rows]), axis]));
          }
          // One tensor: every output of a run costs some microseconds.
          return { size: elements(rows.shape), tensors: [b.node("Concat", `${at}/sums`, all, { axis: 1 })] };
        });
      },
      reduce(observed) {
        const entropy = of === "bins" ? meanEntropyOfBins : meanEntropy;
        const entropies = observed.map((layer) => entropy(layer) / (normalized ? Math.log(layer.size) : 1));
        return aggregate(entropies, aggregation, site);
      },
    };
  },
});
