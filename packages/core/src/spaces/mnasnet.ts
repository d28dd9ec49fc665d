/**
 * @file The space of Accel-NASBench (Ahmad et al. 2024, arXiv 2404.08005; https://github.com/afzalxo/Accel-NASBench), which is that of MnasNet and
 * EfficientNet-B0: seven stages of MBConv blocks, each with an expansion, a kernel, a depth and squeeze-and-excite or not. Squeeze-and-excite
 * is topology; the others are sizes, as in the hybrid space.
 *
 * Its notation has the four lists in the order of the published table: `1-6-6-6-6-6-6/3-3-5-3-5-5-3/1-2-2-3-3-4-1/1-1-1-1-1-1-1` is
 * EfficientNet-B0, but for its activation: networks of the table have ReLU, and a hard sigmoid as gate.
 */

import { InputError } from "../base/errors.js";
import type { BlockSpec } from "../blocks/registry.js";
import { defineSpace } from "./define.js";
import type { Notation } from "./space.js";

const STEM = 32;
const HEAD = 1280;

const stages = [
  { stride: 1, width: 16, depth: 3 },
  { stride: 2, width: 24, depth: 3 },
  { stride: 2, width: 40, depth: 3 },
  { stride: 2, width: 80, depth: 3 },
  { stride: 1, width: 112, depth: 3 },
  { stride: 2, width: 192, depth: 4 },
  { stride: 1, width: 320, depth: 3 },
] as const;

const EXPANSIONS = [1, 4, 6];
const KERNELS = [3, 5];
/** Gene by gene, as the table has them. */
const kinds = ["expansion", "kernel", "depth", "squeeze"] as const;

type Kind = (typeof kinds)[number];

function valuesOf(kind: Kind, stage: number): readonly number[] {
  switch (kind) {
    case "expansion":
      return EXPANSIONS;
    case "kernel":
      return KERNELS;
    case "depth":
      return Array.from({ length: stages[stage]?.depth ?? 1 }, (_, i) => i + 1);
    case "squeeze":
      return [0, 1];
  }
}

const LIST = /^\d(-\d){6}$/;

const nameOf = (stage: number, kind: Kind) => `stages.${stage}.${kind}`;

/** Genes stand stage by stage; the notation has them kind by kind. */
const notation: Notation = {
  write: (genotype) =>
    kinds.map((_, k) => stages.map((_stage, s) => genotype[s * kinds.length + k]).join("-")).join("/"),
  read(text) {
    const parts = text.split("/");
    const lists = parts.map((list) => list.split("-").map(Number));
    const genotype = stages.flatMap((_, s) => kinds.map((_kind, k) => lists[k]?.[s] ?? Number.NaN));
    const isWhole = parts.length === kinds.length && parts.every((list) => LIST.test(list));
    const isKnown = genotype.every((value, i) =>
      valuesOf(kinds[i % kinds.length] ?? "squeeze", Math.floor(i / kinds.length)).includes(value),
    );
    if (isWhole && isKnown) return genotype;
    throw new InputError(
      `${JSON.stringify(text)} is no network of the MnasNet space: expansions of seven stages (${EXPANSIONS}), kernels (${KERNELS}), ` +
        "depths (1 to 3, of the sixth 1 to 4), squeeze-and-excite (0,1), as in 1-6-6-6-6-6-6/3-3-5-3-5-5-3/1-2-2-3-3-4-1/1-1-1-1-1-1-1",
    );
  },
};

export const mnasnet = defineSpace({
  name: "mnasnet",
  summary: "seven stages of MBConv blocks: expansion, kernel, depth, squeeze-and-excite (Accel-NASBench)",
  input: [3, 224, 224],
  classes: 1000,
  genes: Object.fromEntries(
    stages.flatMap((_, s) =>
      kinds.map((kind) => [
        nameOf(s, kind),
        { role: kind === "squeeze" ? ("topology" as const) : ("size" as const), values: valuesOf(kind, s) },
      ]),
    ),
  ),
  build(values, { classes }) {
    const of = (stage: number, kind: Kind) => Number(values[nameOf(stage, kind)]);
    let channels = STEM;
    const blocks = stages.flatMap(({ stride, width }, s) =>
      Array.from({ length: of(s, "depth") }, (_, i) => {
        const sizes = { kernel: of(s, "kernel"), expansion: of(s, "expansion"), width, activation: "relu" as const };
        const spec = mbconvOf({ ...sizes, stride: i === 0 ? stride : 1 }, of(s, "squeeze") === 1 ? channels : 0);
        channels = width;
        return { name: `stages.${s}.blocks.${i}`, spec };
      }),
    );
    return [
      { name: "stem", spec: { kind: "conv-norm", kernel: 3, stride: 2, width: STEM, activation: "relu" } },
      ...blocks,
      { name: "final", spec: { kind: "conv-norm", kernel: 1, stride: 1, width: HEAD, activation: "relu" } },
      { name: "head", spec: { kind: "head", classes } },
    ];
  },
  notation,
});

type Sizes = Omit<Extract<BlockSpec, { readonly kind: "inverted-residual" }>, "kind">;

/** @param channels That come in, a quarter of which the gate is computed of; 0 without squeeze-and-excite. */
function mbconvOf(sizes: Sizes, channels: number): BlockSpec {
  return channels === 0
    ? { kind: "inverted-residual", ...sizes }
    : { kind: "mbconv", ...sizes, squeeze: Math.max(1, Math.floor(channels / 4)) };
}
