/**
 * @file The hybrids that were trained for this project, in the notations of their two tables, as genotypes of the hybrid
 * space: grey images of 32 x 32, ten classes, a stem of 2 x 2, four heads.
 */

import { fromJson, type Genotype, type HybridOptions, hybridSpace, InputError, type Space } from "@esnas/core/internal";

export interface TrainedHybrid {
  /** The same for all rows of a table. */
  readonly space: Space;
  readonly genotype: Genotype;
}

const frame = { input: [1, 32, 32], classes: 10, stem: 2, heads: 4 } satisfies Partial<HybridOptions>;
const convolutional = { qkvDim: [], kinds: ["ibn", "convnext"] } satisfies Partial<HybridOptions["stages"][number]>;
const anyFfn = { ffns: ["ibn", "convnext"] } satisfies Partial<HybridOptions["stages"][number]>;

function multiples(of: number, from: number, to: number): number[] {
  return Array.from({ length: (to - from) / of + 1 }, (_, i) => from + i * of);
}

function fromStages(space: Space, stages: readonly object[]): TrainedHybrid {
  const { name, version, options } = space;
  return { space, genotype: fromJson(space, { space: name, version, options, stages }) };
}

/** Sizes that are frozen, and a kernel for each block. */
const topologyStages = [
  { width: 16, depth: 1 },
  { width: 32, depth: 2 },
  { width: 64, depth: 3, qkvDim: 32 },
  { width: 96, depth: 2, qkvDim: 48 },
];
const EXPANSION = 4;

const topologySpace = hybridSpace({
  ...frame,
  kernelPer: "block",
  stages: topologyStages.map(({ width, depth, qkvDim }) => ({
    ...(qkvDim === undefined ? convolutional : { qkvDim: [qkvDim], kinds: ["ibn", "convnext", "transformer"] }),
    ...anyFfn,
    depth: [depth],
    width: [width],
    expansion: [EXPANSION],
    kernel: [3, 5, 7],
  })),
});

/** `I3` and `C7` are an IBN and a ConvNeXt block with their kernels, `T5c` an encoder with the kernel and kind of its FFN. */
function blockOf(code: string, attends: boolean): object {
  const [, letter, kernel, ffn] = /^(?=[IC]\d$|T\d[ic]$)(.)(.)(.?)$/.exec(code) ?? [];
  if (letter === undefined) throw new InputError(`${JSON.stringify(code)} is no block; I3, C7 and T5c are`);
  const kind = letter === "T" ? "transformer" : letter === "I" ? "ibn" : "convnext";
  return { kind, kernel: Number(kernel), ...(attends && { ffn: ffn === "c" ? "convnext" : "ibn" }) };
}

/**
 * The genotype of what the table of random topologies has in its column `blocks`: `I3|C5,I7|T3c,I5,C3|C7,T5i`.
 * @throws {InputError} where the text is none.
 */
export function hybridTopologyGenotype(blocks: string): TrainedHybrid {
  const stages = blocks.split("|").map((codes, s) => {
    const { qkvDim, ...sizes } = topologyStages[s] ?? {};
    const attends = qkvDim !== undefined;
    const slots = codes.split(",").map((code) => blockOf(code, attends));
    return { ...sizes, expansion: EXPANSION, ...(attends && { qkvDim }), blocks: slots };
  });
  return fromStages(topologySpace, stages);
}

/** The kinds of the block slots, of which a row has as many as its depth says. */
const sizeStages = [
  { kinds: ["ibn", "ibn", "ibn", "ibn"], widths: [8, 12, 16, 20, 24, 32] },
  { kinds: ["ibn", "ibn", "ibn", "ibn"], widths: [16, 24, 32, 40, 48] },
  {
    kinds: ["ibn", "transformer", "ibn", "transformer"],
    ffn: "ibn",
    widths: [32, 40, 48, 64, 80, 96],
    qkvDims: multiples(8, 8, 144),
  },
  {
    kinds: ["convnext", "transformer", "convnext"],
    ffn: "convnext",
    widths: [48, 64, 80, 96, 128, 160],
    qkvDims: multiples(8, 8, 240),
  },
] as const;

const sizeSpace = hybridSpace({
  ...frame,
  stages: sizeStages.map((stage) => ({
    depth: multiples(1, 1, stage.kinds.length),
    width: [...stage.widths],
    expansion: [1, 2, 3, 4, 6],
    kernel: [3, 5, 7],
    qkvDim: "qkvDims" in stage ? stage.qkvDims : [],
    kinds: [...new Set(stage.kinds)],
    ffns: "ffn" in stage ? [stage.ffn] : ["ibn"],
  })),
});

/**
 * The genotype of a row of the table of random sizes, whose columns `width`, `depth`, `expansion`, `kernel` and `qkv` have one
 * value a stage: `16/24/32/160`.
 * @throws {InputError} where a column is missing or has other values than the table's.
 */
export function hybridSizesGenotype(row: Readonly<Record<string, string>>): TrainedHybrid {
  const stages = sizeStages.map((stage, s) => {
    const size = (column: string) => Number(row[column]?.split("/")[s]);
    return {
      depth: size("depth"),
      width: size("width"),
      expansion: size("expansion"),
      kernel: size("kernel"),
      ...("ffn" in stage && { qkvDim: size("qkv") }),
      blocks: stage.kinds.map((kind) => ({ kind, ...("ffn" in stage && { ffn: stage.ffn }) })),
    };
  });
  return fromStages(sizeSpace, stages);
}
