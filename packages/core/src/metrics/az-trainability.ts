/**
 * @file Trainability of AZ-NAS: how far the Jacobian of each block, as a mean over positions, is from keeping lengths (Lee and
 * Ham, CVPR 2024, arXiv 2403.19232, equations 5 to 7).
 *
 *     score = mean over blocks of -s - 1 / s + 2,   s the spectral norm of M = mean over positions of v (x) J v
 *
 * The authors send a random gradient g of ones and minus ones back and take g (x) J'g; M has the same expectation, the mean
 * over positions of each pair of channels' derivative, and needs no gradient: J v is the difference of the block's outputs for
 * x + epsilon v and x, over epsilon, with the statistics of its own batch in either. Where a block divides the resolution by r,
 * v's r x r positions that belong to one of the output are channels of their own, as in the authors' code.
 */

import { z } from "zod";
import { UnscorableError } from "../base/errors.js";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import { copyWithInput } from "../graph/copy.js";
import { elements, type Graph, outputOf, type Shape } from "../graph/graph.js";
import { blockFeatureContract, TOO_FEW_BLOCKS } from "./block-features.js";
import { symmetricEigenvalues } from "./eigenvalues.js";
import { defineMetric, type Observation, type Observed, type Score } from "./metric.js";
import { forwardOptions } from "./nonlinearities.js";

const options = z.strictObject(forwardOptions({ batch: 4, resolution: 64 }));

/**
 * The step of the difference as a share of the input's mean magnitude: small enough that few units change their sign, large
 * enough for float32. A tenth or ten times of it move no score by more than its digits.
 */
const STEP = 1e-3;

/** Added to the mean magnitude of an input, which may be zero. */
const LEAST_MAGNITUDE = 1e-6;

/** Keeps the score of a block that passes no gradient finite, as in the authors' code. */
const LEAST_NORM = 1e-6;

/** A block whose derivative along `v` is `v` up to this share passes its input on. */
const IDENTITY = 1e-3;

/** How many rows and columns of the input make one of the output. */
function strides(input: Shape, output: Shape): readonly [number, number] {
  const [rows = 0, columns = 0] = [2, 3].map((axis) => (input[axis] ?? 0) / (output[axis] ?? 1));
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new UnscorableError(
      `az-trainability needs blocks that divide the resolution; one gives ${output.slice(2).join(" x ")} of ${input.slice(2).join(" x ")}`,
    );
  }
  return [rows, columns];
}

function scaled(b: GraphBuilder, at: string, x: Tensor, factor: number): Tensor {
  return b.node("Mul", at, [x, b.constant(`${at}/factor`, "float32", [factor], [])]);
}

/** Mean over samples, channels and positions: `[1, 1, 1, 1]`. */
function mean(b: GraphBuilder, at: string, x: Tensor, batch: number): Tensor {
  const sum = b.node("ReduceSum", at, [x, b.constant(`${at}/axes`, "int64", [0, 1, 2, 3])]);
  return scaled(b, `${at}/mean`, sum, 1 / (batch * elements(x.shape.slice(1))));
}

/** What a block makes of its input moved by a step along random signs. */
interface Moved {
  /** Ones and minus ones of the input's shape. */
  readonly direction: Tensor;
  /** The step, one number. */
  readonly step: Tensor;
  /** The direction times the step. */
  readonly move: Tensor;
  /** By how much the output moves. */
  readonly difference: Tensor;
}

function movedBlock(b: GraphBuilder, graph: Graph, batch: number): Moved {
  const x = b.tensor(graph.input);
  const normal = { kind: "normal", std: 1 } as const;
  const draw = b.parameter("direction", [batch, ...x.shape.slice(1)], normal, { trainable: false });
  const direction = b.node("Sign", "direction", [draw]);
  const magnitude = mean(b, "magnitude", b.node("Abs", "magnitude", [x]), batch);
  const relative = scaled(b, "step", magnitude, STEP);
  const step = b.node("Add", "step", [relative, b.constant("step/least", "float32", [STEP * LEAST_MAGNITUDE], [])]);
  const move = b.node("Mul", "move", [direction, step]);
  const after = copyWithInput(b, graph, b.node("Add", "move", [x, move]), "moved");
  const before = scaled(b, "before", b.tensor(outputOf(graph)), -1);
  return { direction, step, move, difference: b.node("Add", "difference", [after, before]) };
}

/** The Gram matrix, on its smaller side, of the mean over samples and positions of direction (x) difference. */
function gramOfJacobian(b: GraphBuilder, { direction, difference }: Moved, batch: number): Tensor {
  const [rows, columns] = strides(direction.shape, difference.shape);
  const [, channels = 1] = direction.shape;
  const [, outChannels = 1, height = 1, width = 1] = difference.shape;
  const inChannels = channels * rows * columns;
  const split = b.constant("cells/split", "int64", [0, channels, height, rows, width, columns]);
  const cells = b.node("Transpose", "cells", [b.node("Reshape", "cells/split", [direction, split])], {
    perm: [1, 3, 5, 0, 2, 4],
  });
  const left = b.node("Reshape", "cells", [cells, b.constant("cells/flat", "int64", [inChannels, -1])]);
  const byChannel = b.node("Transpose", "difference", [difference], { perm: [1, 0, 2, 3] });
  const right = b.node("Flatten", "difference", [byChannel]);
  const jacobian = b.node("Gemm", "jacobian", [left, right], { transB: 1, alpha: 1 / (batch * height * width) });
  return b.node("Gemm", "gram", [jacobian, jacobian], inChannels > outChannels ? { transA: 1 } : { transB: 1 });
}

function observeBlock(b: GraphBuilder, graph: Graph, batch: number): readonly Observation[] {
  const input = b.tensor(graph.input).shape;
  const output = b.tensor(outputOf(graph)).shape;
  if (input.length !== 4 || output.length !== 4) return [];
  const moved = movedBlock(b, graph, batch);
  const gram = gramOfJacobian(b, moved, batch);
  const tensors = [gram, moved.step];
  if (String(input) === String(output)) {
    const change = b.node("Add", "change", [moved.difference, scaled(b, "unchanged", moved.move, -1)]);
    tensors.push(mean(b, "change", b.node("Abs", "change", [change]), batch));
  }
  return [{ size: gram.shape[0] ?? 1, tensors }];
}

/** `-s - 1 / s + 2` */
function scoreOfBlock({ size, values: [gram, step, change] }: Observed): Score {
  const epsilon = step?.data[0] ?? Number.NaN;
  if (!gram?.data.every(Number.isFinite) || !Number.isFinite(epsilon)) {
    return { value: null, reason: "the activations overflow" };
  }
  if (change !== undefined && (change.data[0] ?? 0) < IDENTITY * epsilon) {
    return { value: null, reason: "a block gives what it is given" };
  }
  const largest = symmetricEigenvalues(gram.data, size).at(-1) ?? 0;
  const norm = Math.sqrt(Math.max(0, largest)) / epsilon;
  return -norm - 1 / (norm + LEAST_NORM) + 2;
}

export const azTrainability = defineMetric({
  contract: {
    ...blockFeatureContract,
    sizeless: true,
    name: "az-trainability",
    summary: "how close the mean Jacobian of blocks is to spectral norm 1",
    counts:
      "every block that takes and gives a feature map, but the first, whose input is the image; a block that divides the " +
      "resolution has one channel for each of the positions that become one",
    nonFinite:
      "a network that is no chain of at least two such blocks; a block that gives what it is given; activations that overflow",
    source:
      "Lee and Ham 2024 (AZ-NAS), arXiv 2403.19232; the difference in place of the gradient is this implementation's",
    significantDigits: 4,
  },
  options,
  create(input) {
    return {
      input,
      observe: (b, graph) => observeBlock(b, graph, input.batch),
      reduce([, ...blocks]) {
        if (blocks.length === 0) return { value: null, reason: TOO_FEW_BLOCKS };
        let sum = 0;
        for (const block of blocks) {
          const score = scoreOfBlock(block);
          if (typeof score !== "number") return score;
          sum += score;
        }
        return sum / blocks.length;
      },
    };
  },
});
