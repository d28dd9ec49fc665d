/** @file Losses as graphs: one number for a batch, to be differentiated. What is aimed at is one more input of the graph. */

import { InputError } from "../base/errors.js";
import { Arithmetic } from "../graph/arithmetic.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { type Graph, outputOf } from "../graph/graph.js";
import { dimension } from "../graph/operator.js";

/** A graph whose last output is a loss. */
export interface GraphWithLoss {
  /** The outputs of the graph, and behind them the loss. */
  readonly graph: Graph;
  /** The tensor of the loss, which has no axes. */
  readonly loss: string;
  /** The parameter, not a trained one, that is fed what is aimed at: of the shape of the network's output. */
  readonly targets: string;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Share of each target that is spread over all classes (Szegedy et al. 2016, arXiv 1512.00567); 0 where it is absent. */
  readonly labelSmoothing?: number;
}

/**
 * The mean over the batch of the cross-entropy of targets and the softmax of logits, in nats.
 * @param graph - Its one output are logits `[N, classes]`, for the batch that it will run with (`atBatch`). Targets are probabilities
 * `[N, classes]`: 1 for the class of the image, or shares of mixed images.
 */
export function crossEntropy(graph: Graph, { labelSmoothing = 0 }: CrossEntropyOptions = {}): GraphWithLoss {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new InputError(`label smoothing is a share from 0 to below 1, was given ${labelSmoothing}`);
  }
  return withLoss(graph, (b, logits, targets) => {
    const classes = dimension(logits.shape, 1);
    const smoothed = b.add(b.mul(targets, 1 - labelSmoothing), labelSmoothing / classes);
    const products = b.mul(smoothed, b.node("LogSoftmax", [logits], { axis: 1 }));
    return b.mul(b.sumAway(products, [0, 1]), -1 / dimension(logits.shape, 0));
  });
}

/** The mean over all elements of the squared difference of output and targets. */
export function meanSquaredError(graph: Graph): GraphWithLoss {
  return withLoss(graph, (b, output, targets) => {
    const difference = b.sub(output, targets);
    const axes = [...output.shape.keys()];
    return b.reshape(b.mean(b.mul(difference, difference), axes), []);
  });
}

function withLoss(graph: Graph, build: (b: Arithmetic, output: Tensor, targets: Tensor) => Tensor): GraphWithLoss {
  const builder = new GraphBuilder(graph.name, graph);
  const output = builder.tensor(outputOf(graph));
  const targets = builder.parameter("targets", output.shape, { kind: "zeros" }, { trainable: false });
  const loss = build(new Arithmetic(builder, graph, "loss"), output, targets);
  return { graph: builder.build([output, loss]), loss: loss.name, targets: targets.name };
}
