/** @file Of each of our blocks, specs with what may come in: what the conformance suite of blocks looks at. */

import type { BlockExample } from "../blocks/custom.js";
import type { BuiltInSpec, blocks } from "../blocks/registry.js";

type Kind = keyof typeof blocks;
type Examples<K extends Kind> = readonly BlockExample<Extract<BuiltInSpec, { readonly kind: K }>>[];

const map = [1, 8, 12, 8];
const tokens = [1, 9, 8];
const ibn = { kind: "ibn", kernel: 5, expansion: 2 } as const;
const convnext = { kind: "convnext", kernel: 7, expansion: 3 } as const;

/** At least one a kind; a new block of ours does not compile without. */
export const blockExamples: { readonly [K in Kind]: Examples<K> } = {
  "basic-block": [
    { spec: { kind: "basic-block", stride: 1, kernel: 3, width: 8 }, input: map },
    { spec: { kind: "basic-block", stride: 2, kernel: 3, width: 12 }, input: map },
  ],
  "conv-norm": [
    { spec: { kind: "conv-norm", kernel: 3, stride: 2, width: 12, activation: "relu6" }, input: map },
    { spec: { kind: "conv-norm", kernel: 1, stride: 1, width: 6, activation: "silu" }, input: map },
  ],
  convnext: [
    { spec: convnext, input: map },
    { spec: { ...convnext, layerScale: true }, input: map },
  ],
  downsample: [{ spec: { kind: "downsample", stride: 2, width: 12 }, input: map }],
  encoder: [{ spec: { kind: "encoder", heads: 2, expansion: 2 }, input: tokens }],
  head: [{ spec: { kind: "head", classes: 5 }, input: map }],
  ibn: [{ spec: ibn, input: map }],
  "inverted-residual": [
    {
      spec: { kind: "inverted-residual", kernel: 3, stride: 1, expansion: 4, width: 8, activation: "relu6" },
      input: map,
    },
    {
      spec: { kind: "inverted-residual", kernel: 5, stride: 2, expansion: 1, width: 12, activation: "silu" },
      input: map,
    },
  ],
  "max-pool": [
    { spec: { kind: "max-pool", stride: 2 }, input: map },
    { spec: { kind: "max-pool", stride: 2, kernel: 3 }, input: map },
  ],
  mbconv: [
    {
      spec: { kind: "mbconv", kernel: 3, stride: 1, expansion: 4, width: 8, squeeze: 2, activation: "relu" },
      input: map,
    },
    {
      spec: { kind: "mbconv", kernel: 5, stride: 2, expansion: 1, width: 12, squeeze: 1, activation: "silu" },
      input: map,
    },
  ],
  mobilevit: [
    { spec: { kind: "mobilevit", kernel: 3, patch: 2, qkvDim: 12, heads: 4, depth: 2, expansion: 2 }, input: map },
  ],
  "nasbench101-cell": [
    {
      spec: {
        kind: "nasbench101-cell",
        width: 16,
        edges: [
          [0, 1],
          [0, 2],
          [1, 2],
          [1, 3],
          [2, 3],
        ],
        operations: ["conv3x3-bn-relu", "maxpool3x3"],
      },
      input: map,
    },
  ],
  "nasbench101-stem": [{ spec: { kind: "nasbench101-stem", width: 12 }, input: [1, 3, 8, 8] }],
  "nats-cell": [
    {
      spec: {
        kind: "nats-cell",
        width: 8,
        operations: ["nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "skip_connect"],
      },
      input: map,
    },
  ],
  "nats-head": [{ spec: { kind: "nats-head", classes: 5 }, input: map }],
  "nats-reduction": [{ spec: { kind: "nats-reduction", width: 16 }, input: map }],
  "nats-stem": [{ spec: { kind: "nats-stem", width: 8 }, input: [1, 3, 8, 8] }],
  "norm-head": [{ spec: { kind: "norm-head", classes: 5 }, input: map }],
  "patch-tokens": [{ spec: { kind: "patch-tokens", stride: 4, width: 12 }, input: map }],
  patches: [
    { spec: { kind: "patches", stride: 2, width: 12, norm: "before" }, input: map },
    { spec: { kind: "patches", stride: 4, width: 12, norm: "after" }, input: map },
  ],
  projection: [{ spec: { kind: "projection", stride: 2, width: 12 }, input: map }],
  sdta: [
    { spec: { kind: "sdta", scales: 2, heads: 2, expansion: 2 }, input: map },
    { spec: { kind: "sdta", scales: 3, heads: 2, expansion: 2, positions: true }, input: [1, 12, 6, 8] },
  ],
  "shuffle-unit": [
    { spec: { kind: "shuffle-unit", kernel: 3, stride: 1, width: 8 }, input: map },
    { spec: { kind: "shuffle-unit", kernel: 3, stride: 2, width: 12 }, input: map },
  ],
  "token-head": [{ spec: { kind: "token-head", classes: 5 }, input: tokens }],
  transformer: [
    { spec: { kind: "transformer", qkvDim: 8, heads: 2, ffn: convnext }, input: map },
    { spec: { kind: "transformer", qkvDim: 12, heads: 4, ffn: ibn }, input: map },
  ],
};
