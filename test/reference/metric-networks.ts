/** @file Small networks that metrics are held against their references on: cells of NATS-Bench and hybrids. */

import { type Architecture, type BlockSpec, chain } from "@esnas/core/internal";

type Operations = Extract<BlockSpec, { kind: "nats-cell" }>["operations"];

/** A cell on two stages, for images of 16 pixels. */
export function natsNetwork(operations: Operations): Architecture {
  return chain(
    "cells",
    [1, 3, 16, 16],
    [
      { name: "stem", spec: { kind: "nats-stem", width: 8 } },
      { name: "stages.0.blocks.0", spec: { kind: "nats-cell", operations, width: 8 } },
      { name: "stages.1.downsample", spec: { kind: "nats-reduction", width: 12 } },
      { name: "stages.1.blocks.0", spec: { kind: "nats-cell", operations, width: 12 } },
      { name: "head", spec: { kind: "nats-head", classes: 10 } },
    ],
  );
}

const hybrid = chain(
  "hybrid",
  [1, 3, 32, 32],
  [
    { name: "stem", spec: { kind: "downsample", stride: 4, width: 8 } },
    { name: "stages.0.blocks.0", spec: { kind: "ibn", kernel: 3, expansion: 2 } },
    {
      name: "stages.0.blocks.1",
      spec: { kind: "transformer", qkvDim: 8, heads: 2, ffn: { kind: "convnext", kernel: 5, expansion: 2 } },
    },
    { name: "stages.1.downsample", spec: { kind: "downsample", stride: 2, width: 12 } },
    { name: "stages.1.blocks.0", spec: { kind: "convnext", kernel: 5, expansion: 2 } },
    { name: "head", spec: { kind: "head", classes: 10 } },
  ],
);

/** Cells of every operation, and blocks of every kind. */
export const metricNetworks: readonly Architecture[] = [
  natsNetwork(["nor_conv_3x3", "skip_connect", "nor_conv_1x1", "avg_pool_3x3", "none", "nor_conv_3x3"]),
  natsNetwork(["avg_pool_3x3", "nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "skip_connect"]),
  hybrid,
];

/** A cell that gives zeros, whatever enters it. */
export const disconnected = natsNetwork(["none", "none", "nor_conv_3x3", "none", "none", "none"]);
