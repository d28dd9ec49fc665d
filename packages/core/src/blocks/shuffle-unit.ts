/**
 * @file The unit of ShuffleNetV2 (Ma et al. 2018, arXiv 1807.11164). One half of the channels passes, the other goes through 1 x 1,
 * depthwise and 1 x 1 convolutions; both are concatenated and their channels shuffled. With a stride, both branches take all
 * channels, and what passed goes through a depthwise and a 1 x 1 convolution.
 */

import { GraphError } from "../errors.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNorm } from "./layers.js";

export interface ShuffleUnitSpec {
  readonly kind: "shuffle-unit";
  readonly kernel: number;
  readonly stride: number;
  readonly width: number;
}

/** Channels of two groups one by one in turn. */
function shuffled(b: Builder, x: Tensor): Tensor {
  const [, channels = 1, height = 1, width = 1] = x.shape;
  const groups = b.constant("shuffle/groups", "int64", [0, 2, channels / 2, -1]);
  const split = b.node("Reshape", "shuffle/split", [x, groups]);
  const turned = b.node("Transpose", "shuffle", [split], { perm: [0, 2, 1, 3] });
  const map = { tensor: x.name, axis: 2 };
  const merged = b.constant("shuffle/merged", "int64", [0, channels, height, width], [4], map);
  return b.node("Reshape", "shuffle/merge", [turned, merged]);
}

export const shuffleUnit: Block<ShuffleUnitSpec> = {
  kind: "shuffle-unit",
  title: "Shuffle unit",
  build(b, x, { kernel, stride, width }) {
    const half = width / 2;
    const depthwise = (y: Tensor, name: string) => {
      const groups = dimension(y.shape, 1);
      return convNorm(b, y, name, { out: groups, kernel, stride, groups });
    };
    const pointwise = (y: Tensor, name: string) => convNorm(b, y, name, { out: half, kernel: 1, activation: "relu" });
    const halves = () => b.nodes("Split", "halves", [x], 2, { axis: 1 });
    const [passing, taken] =
      stride > 1 ? [pointwise(depthwise(x, "shortcut_depthwise"), "shortcut_project"), x] : halves();
    if (passing === undefined || taken === undefined) throw new GraphError("a split into two gives two");
    const branch = pointwise(depthwise(pointwise(taken, "reduce"), "depthwise"), "project");
    return shuffled(b, b.node("Concat", "join", [passing, branch], { axis: 1 }));
  },
};
