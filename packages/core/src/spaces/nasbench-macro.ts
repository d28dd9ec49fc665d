/**
 * @file The space of NAS-Bench-Macro (Su et al. 2021, "Prioritized Architecture Sampling with Monto-Carlo Tree Search", arXiv
 * 2103.11922; https://github.com/xiusu/NAS-Bench-Macro): eight layers of a plain network, each left out or an inverted bottleneck
 * of one of two sizes. A digit of its notation is a layer: 0 nothing, 1 kernel 3 and expansion 3, 2 kernel 5 and expansion 6. They
 * are sizes, as depth, kernel and expansion are in the hybrid space.
 */

import { InputError } from "../base/errors.js";
import type { BlockSpec } from "../blocks/registry.js";
import { defineSpace } from "./define.js";
import type { Notation } from "./space.js";

/** Layers of each stage; the first halves the map and doubles the channels. */
const STAGES = [2, 3, 3];
const STEM = 32;
const HEAD = 1280;
const LAYERS = STAGES.reduce((sum, layers) => sum + layers, 0);

/** Kernel and expansion of a layer, by its digit. */
const sizes = [undefined, { kernel: 3, expansion: 3 }, { kernel: 5, expansion: 6 }] as const;
const digits = [0, 1, 2];

/** The digits of each stage. */
function stagesOf<T>(layers: readonly T[]): T[][] {
  return STAGES.map((length, s) => {
    const from = STAGES.slice(0, s).reduce((sum, before) => sum + before, 0);
    return layers.slice(from, from + length);
  });
}

/** `01201120` */
const notation: Notation = {
  write: (genotype) => genotype.join(""),
  read(text) {
    if (new RegExp(`^[0-2]{${LAYERS}}$`).test(text)) return [...text].map(Number);
    throw new InputError(`${JSON.stringify(text)} is no network of NAS-Bench-Macro: ${LAYERS} digits from 0 to 2`);
  },
};

export const nasbenchMacro = defineSpace({
  name: "nasbench-macro",
  summary: "eight layers of inverted bottlenecks, each of three sizes (NAS-Bench-Macro)",
  input: [3, 32, 32],
  classes: 10,
  genes: Object.fromEntries(
    Array.from({ length: LAYERS }, (_, i) => [`layers.${i}`, { role: "size", values: digits }]),
  ),
  build: (values, { classes }) => [
    { name: "stem", spec: { kind: "conv-norm", kernel: 3, stride: 1, width: STEM, activation: "relu" } },
    ...stagesOf(Object.values(values).map(Number)).flatMap((layers, s) =>
      blocksOf(layers, STEM * 2 ** (s + 1)).map((spec, i) => ({ name: `stages.${s}.blocks.${i}`, spec })),
    ),
    { name: "final", spec: { kind: "conv-norm", kernel: 1, stride: 1, width: HEAD, activation: "relu" } },
    { name: "head", spec: { kind: "head", classes } },
  ],
  /** Where the layers stand that are left out does not matter, but for the first of a stage. */
  identity: (values) =>
    stagesOf(Object.values(values))
      .map(([first, ...others]) => [first, ...others.filter((digit) => digit !== 0)].join(""))
      .join(" "),
  notation,
});

function blocksOf(layers: readonly number[], width: number): BlockSpec[] {
  return layers.flatMap((digit, i): BlockSpec[] => {
    const stride = i === 0 ? 2 : 1;
    const size = sizes[digit];
    if (size === undefined) return i === 0 ? [{ kind: "projection", stride, width }] : [];
    return [{ kind: "inverted-residual", ...size, stride, width, activation: "relu" }];
  });
}
