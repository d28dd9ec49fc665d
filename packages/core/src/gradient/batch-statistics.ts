/**
 * @file Batch normalisation as in training: by the mean and variance of the batch (Ioffe and Szegedy 2015, arXiv 1502.03167), computed by
 * nodes of their own, so that they are differentiated like all else and are there for running averages.
 */

import { Arithmetic } from "../graph/arithmetic.js";
import { GraphBuilder } from "../graph/builder.js";
import { elements, type Graph, type Node } from "../graph/graph.js";
import { dimension } from "../graph/operator.js";

/** What a running statistic is the average of. */
export interface BatchStatistic {
  /** The parameter that is the running statistic, `[C]`. */
  readonly running: string;
  /** The tensor of the batch's own: its mean, or its unbiased variance, which is what PyTorch averages. */
  readonly batch: string;
}

/** A graph that normalises by the statistics of the batch. */
export interface WithBatchStatistics {
  /** Its outputs are as before. */
  readonly graph: Graph;
  /** Two for each batch normalisation, in order. */
  readonly statistics: readonly BatchStatistic[];
}

/**
 * All batch normalisations by the statistics of the batch.
 * @param graph - With the shapes of the batch that it will run with: see `atBatch`.
 */
export function withBatchStatistics(graph: Graph): WithBatchStatistics {
  const statistics: BatchStatistic[] = [];
  const nodes: Node[] = [];
  let added: Graph = { ...graph, nodes: [] };
  for (const node of graph.nodes) {
    if (node.operator !== "BatchNormalization") {
      nodes.push(node);
      continue;
    }
    const [x = "", scale = "", bias = "", runningMean = "", runningVariance = ""] = node.inputs;
    const builder = new GraphBuilder(graph.name, added);
    const b = new Arithmetic(builder, added, `${node.name}/batch`);
    const input = builder.tensor(x);
    const others = [...input.shape.keys()].filter((axis) => axis !== 1);
    const count = elements(input.shape) / dimension(input.shape, 1);
    const mean = b.mul(b.sumAway(input, others), 1 / count);
    const centred = b.sub(input, b.byChannel(mean, input.shape.length));
    const variance = b.mul(b.sumAway(b.mul(centred, centred), others), 1 / count);
    const unbiased = b.mul(variance, count / Math.max(1, count - 1));
    statistics.push({ running: runningMean, batch: mean.name }, { running: runningVariance, batch: unbiased.name });
    const { nodes: statisticsNodes, ...built } = builder.build([]);
    for (const own of statisticsNodes) nodes.push(own);
    nodes.push({ ...node, inputs: [x, scale, bias, mean.name, variance.name] });
    added = { ...built, nodes: [] };
  }
  return { graph: { ...added, nodes, outputs: graph.outputs }, statistics };
}
