/**
 * @file The costs as metrics. They are shown beside every other metric: in the literature they beat most proxies, and a
 * metric that does not beat them is not worth its time. As metrics, more of them is better: budgets bound them, and the largest
 * network within the budget is the baseline of the literature.
 */

import { z } from "zod";
import { architectureCosts } from "../architecture/architecture.js";
import type { Costs } from "../graph/cost.js";
import { defineMetric, type MetricDefinition } from "./metric.js";

interface CostDescription {
  readonly name: string;
  readonly cost: keyof Costs;
  readonly summary: string;
  readonly counts: string;
  readonly source: string;
}

function costMetric({ name, cost, summary, counts, source }: CostDescription): MetricDefinition {
  return defineMetric({
    contract: {
      name,
      summary,
      role: "cost",
      direction: "maximize",
      needs: "nothing",
      counts,
      normalisation: cost === "parameters" ? "scale and bias count" : "not counted",
      softmax: "not counted",
      nonFinite: "never",
      source,
      significantDigits: 15,
    },
    options: z.strictObject({}),
    create() {
      return {
        score: (architecture) => architectureCosts(architecture)[cost],
      };
    },
  });
}

export const parameters = costMetric({
  name: "parameters",
  cost: "parameters",
  summary: "trainable numbers",
  counts: "weights, biases, scales and biases of normalisations; no running statistics",
  source: "as timm and NATS-Bench count",
});

export const macs = costMetric({
  name: "macs",
  cost: "macs",
  summary: "multiply-accumulates at batch 1 and the network's own resolution",
  counts: "convolutions, linear layers and the two products of attention",
  source: "as timm and NATS-Bench count",
});

export const activations = costMetric({
  name: "activations",
  cost: "activations",
  summary: "elements of the outputs of convolutions, linear layers and attention's products",
  counts: "outputs of operators that have multiply-accumulates",
  source: "Radosavovic et al. 2020, arXiv 2003.13678",
});

export const activationLayers = costMetric({
  name: "activation-layers",
  cost: "activationLayers",
  summary: "nonlinearities",
  counts: "ReLU, ReLU6, GELU, SiLU, HardSwish; not softmax",
  source: "the baseline that every metric is compared with",
});

export const peakMemory = costMetric({
  name: "peak-memory",
  cost: "peakMemory",
  summary: "bytes of float32 activations alive at once, at batch 1",
  counts: "activations from the node that gives them to the last that takes them; weights not counted",
  source: "liveness over the graph in order; in-place operators reuse an input that dies",
});
