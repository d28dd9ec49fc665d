/**
 * @file The hybrid space, in which the ESFormer family is found (Cavagnero et al. 2023, arXiv 2310.04179, supplement; the
 * ranges are this implementation's): a stem, four stages at strides 4, 8, 16 and 32, global pooling, a linear head.
 *
 * Topology genes: the kind of every block slot (IBN, ConvNeXt, and in the stages that allow it Transformer) and the kind
 * of its feed-forward network. Size genes, one a stage: depth, width, expansion, kernel (or one kernel a slot), QKV
 * dimension. Slots beyond the depth keep their genes, so that a deeper network is defined before it is tried.
 */

import { z } from "zod";
import { type BlockRun, blockRun, chainOfRuns } from "../architecture/architecture.js";
import type { ImageShape } from "../architecture/task.js";
import { InputError } from "../base/errors.js";
import { largest } from "../base/extremes.js";
import { firstIssue } from "../base/first-issue.js";
import { type CustomKind, customBlock, isCustomKind } from "../blocks/custom.js";
import type { BlockSpec } from "../blocks/registry.js";
import type { Shape } from "../graph/graph.js";
import { type Gene, type Genotype, type Role, recently, type Space } from "./space.js";

/** The most that options may ask for; no value of a gene is larger. */
const MOST = { stages: 8, depth: 64, channels: 4096, expansion: 16, kernel: 31, qkvDim: 4096 } as const;

/** Whole numbers from 1, each greater than the one before, as genes have them. */
function rangeUpTo(most: number) {
  return z
    .array(z.number().int().min(1).max(most))
    .max(1024)
    .refine((values) => values.every((value, i) => i === 0 || value > (values[i - 1] ?? 0)), "values have to ascend");
}

function kindsOf<T extends z.ZodType>(kind: T) {
  return z
    .array(kind)
    .min(1)
    .refine((values) => new Set(values).size === values.length, "a kind stands there twice");
}

const ourKinds = z.enum(["ibn", "convnext", "transformer"]);
/** A block that a plugin defines: its spec is given kernel and expansion, and it keeps the shape of its input. */
const customKinds = z.templateLiteral([z.string(), "/", z.string()]);
const blockKinds = z.union([ourKinds, customKinds], {
  error: `it takes ${ourKinds.options.map((kind) => `"${kind}"`).join(", ")}, or a plugin's block, such as "acme/ghost"`,
});

export const hybridStage = z.strictObject({
  /** Kernel and stride of the patches that lead into the stage; absent: 2. The first stage has the stem instead. */
  stride: z.number().int().min(1).max(16).optional(),
  depth: rangeUpTo(MOST.depth).min(1),
  width: rangeUpTo(MOST.channels).min(1),
  expansion: rangeUpTo(MOST.expansion).min(1),
  kernel: rangeUpTo(MOST.kernel)
    .min(1)
    .refine((kernels) => kernels.every((kernel) => kernel % 2 === 1), "kernels are odd"),
  /** Empty: no Transformer in this stage. */
  qkvDim: rangeUpTo(MOST.qkvDim),
  kinds: kindsOf(blockKinds),
  ffns: kindsOf(z.enum(["ibn", "convnext"])),
  /** How many blocks of a kind the stage may have at most; a kind that is absent has no limit. */
  limits: z.partialRecord(blockKinds, z.number().int().min(0).max(64)).optional(),
});

export const hybridOptions = z.strictObject({
  /** `[C, H, W]` */
  input: z.tuple([
    z.number().int().min(1).max(64),
    z.number().int().min(1).max(4096),
    z.number().int().min(1).max(4096),
  ]),
  classes: z.number().int().min(1).max(1_000_000),
  /** Kernel and stride of the stem. */
  stem: z.number().int().min(1).max(16),
  /** Attention heads of every Transformer; QKV dimensions are multiples of it. */
  heads: z.number().int().min(1).max(64),
  /** Whether the blocks of a stage share one kernel gene, or have one each. */
  kernelPer: z.enum(["stage", "block"]).default("stage"),
  stages: z.array(hybridStage).min(1).max(MOST.stages),
});

/** A stage of the hybrid space. Numbers ascend; a size with one value is frozen. */
export interface HybridStageOptions {
  /** Kernel and stride of the patches that lead into the stage, 1 to 16; 2 where it is absent. The first stage has the stem instead. */
  readonly stride?: number | undefined;
  /** Numbers of blocks, 1 to 64. */
  readonly depth: readonly number[];
  /** Channels, 1 to 4096. */
  readonly width: readonly number[];
  /** Hidden channels of a block, as a multiple of the width; 1 to 16. */
  readonly expansion: readonly number[];
  /** Sides of depthwise kernels, odd, 1 to 31. */
  readonly kernel: readonly number[];
  /** Dimensions of query, key and value, all heads together, multiples of the heads; empty where the stage has no Transformer. */
  readonly qkvDim: readonly number[];
  /** Kinds of blocks. One with a slash, such as `acme/ghost`, is a plugin's: it is given kernel and expansion, and keeps its input's shape. */
  readonly kinds: readonly ("ibn" | "convnext" | "transformer" | CustomKind)[];
  /** Feed-forward networks of Transformers. */
  readonly ffns: readonly ("ibn" | "convnext")[];
  /** The most blocks of a kind that the stage may have, 0 to 64; a kind that is absent has no limit. */
  readonly limits?: Readonly<Record<string, number | undefined>> | undefined;
}

/** Options of the hybrid space: task, stem, stages and what blocks may be. */
export interface HybridOptions {
  /** `[C, H, W]` of images: at most 64 channels, sides of at most 4096 pixels. */
  readonly input: ImageShape;
  /** 1 to 1,000,000. */
  readonly classes: number;
  /** Kernel and stride of the stem, 1 to 16. */
  readonly stem: number;
  /** Attention heads of every Transformer, 1 to 64. */
  readonly heads: number;
  /** Whether the blocks of a stage share one kernel gene, or have one each. */
  readonly kernelPer: "stage" | "block";
  /** One to eight. */
  readonly stages: readonly HybridStageOptions[];
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

const convolutional = { expansion: range(2, 6, 1), kernel: [3, 5, 7, 9], qkvDim: [], kinds: ["ibn", "convnext"] };
const attentive = { expansion: range(2, 6, 1), kernel: [3, 5, 7, 9], kinds: ["ibn", "convnext", "transformer"] };
const ffns = ["ibn", "convnext"];

/** The space of the ESFormer family: encoders in stages 3 and 4 only, so that attention is over at most 16 x 16 tokens. */
export const hybridDefaults: HybridOptions = hybridOptions.parse({
  input: [3, 256, 256],
  classes: 1000,
  stem: 4,
  heads: 4,
  stages: [
    { ...convolutional, ffns, depth: range(1, 4, 1), width: range(16, 64, 8) },
    { ...convolutional, ffns, depth: range(1, 4, 1), width: range(24, 128, 8) },
    { ...attentive, ffns, depth: range(1, 9, 1), width: range(32, 224, 8), qkvDim: range(16, 256, 16) },
    { ...attentive, ffns, depth: range(1, 4, 1), width: range(48, 384, 8), qkvDim: range(16, 384, 16) },
  ],
});

/** Where the genes of a block slot stand in a genotype; slots may share their kernel's. */
interface SlotGenes {
  readonly name: string;
  readonly kind: number;
  readonly ffn: number | undefined;
  readonly kernel: number;
}

/** Where the genes of a stage stand in a genotype. */
interface StageGenes {
  readonly name: string;
  readonly stride: number;
  readonly limits: readonly (readonly [kind: string, most: number])[];
  readonly depth: number;
  readonly width: number;
  readonly expansion: number;
  readonly qkvDim: number | undefined;
  readonly slots: readonly SlotGenes[];
}

/**
 * The hybrid space, with other ranges, input, classes or stem where options say so. A gene with one value is frozen.
 * @throws {@link InputError} where options do not fit the schema or each other.
 * @example
 * ```ts
 * import { hybridSpace, sample, seededRandom, toJson } from "@esnas/core";
 *
 * const space = hybridSpace({ input: [1, 96, 96], classes: 2, stem: 2 });
 * const genotype = sample(space, seededRandom(0));
 * console.log(space.build(genotype).blocks.length, JSON.stringify(toJson(space, genotype)).length);
 * ```
 */
export function hybridSpace(given: Partial<HybridOptions> = {}): Space {
  const parsed = hybridOptions.safeParse({ ...hybridDefaults, ...given });
  if (!parsed.success)
    throw new InputError(`options of the space "hybrid": ${firstIssue(parsed.error, { ...hybridDefaults, ...given })}`);
  const options = parsed.data;
  const genes: Gene[] = [];
  const add = (name: string, role: Role, values: Gene["values"]) => genes.push({ name, role, values }) - 1;
  const stages = options.stages.map((stage, s) => stageGenes(stage, `stages.${s}`, options, add));
  return {
    name: "hybrid",
    version: 1,
    options: given,
    genes,
    build: recently(hybridBuilder(options, stages)),
    isExpressed: expression(genes, stages),
    ...(stages.some(({ limits }) => limits.length > 0) && { isValid: withinLimits(stages) }),
  };
}

function stageGenes(
  stage: HybridOptions["stages"][number],
  path: string,
  { heads, kernelPer }: HybridOptions,
  add: (name: string, role: Role, values: Gene["values"]) => number,
): StageGenes {
  for (const kind of stage.kinds) if (isCustomKind(kind)) customBlock(kind);
  const attends = stage.kinds.includes("transformer");
  const unfit = stage.qkvDim.find((dim) => dim % heads !== 0);
  if (unfit !== undefined) throw new InputError(`QKV dimension ${unfit} of ${path} is no multiple of ${heads} heads`);
  if (attends && stage.qkvDim.length === 0) throw new InputError(`${path} has Transformers and no QKV dimension`);
  const kernelOf = (owner: string) => add(`${owner}.kernel`, "size", stage.kernel);
  const depth = add(`${path}.depth`, "size", stage.depth);
  const width = add(`${path}.width`, "size", stage.width);
  const expansion = add(`${path}.expansion`, "size", stage.expansion);
  const shared = kernelPer === "stage" ? kernelOf(path) : undefined;
  const qkvDim = attends ? add(`${path}.qkvDim`, "size", stage.qkvDim) : undefined;
  const slots = range(0, largest(stage.depth) - 1, 1).map((slot): SlotGenes => {
    const block = `${path}.blocks.${slot}`;
    return {
      name: block,
      kind: add(`${block}.kind`, "topology", stage.kinds),
      ffn: attends ? add(`${block}.ffn`, "topology", stage.ffns) : undefined,
      kernel: shared ?? kernelOf(block),
    };
  });
  const { stride = 2, limits = {} } = stage;
  return { name: path, stride, limits: limitsOf(limits), depth, width, expansion, qkvDim, slots };
}

function limitsOf(limits: Readonly<Partial<Record<string, number>>>): StageGenes["limits"] {
  return Object.entries(limits).flatMap(([kind, most]) => (most === undefined ? [] : [[kind, most] as const]));
}

/** Whether no stage has more blocks of a kind than it may. */
function withinLimits(stages: readonly StageGenes[]): (genotype: Genotype) => boolean {
  return (genotype) =>
    stages.every(({ limits, depth, slots }) => {
      const kinds = slots.slice(0, Number(genotype[depth])).map((slot) => genotype[slot.kind]);
      return limits.every(([limited, most]) => kinds.filter((kind) => kind === limited).length <= most);
    });
}

/**
 * Specs of blocks by what is in them, so that equal ones are one object: a chain knows a block that was seen before by its spec,
 * and need not read it. They are no more than the values of the genes that a block hangs on, which the schema bounds.
 */
function keptSpecs({ input, classes, heads }: HybridOptions) {
  const bodies = new Map<number, BlockSpec>();
  const custom = new Map<string, BlockSpec>();
  const keep = <K>(kept: Map<K, BlockSpec>, number: K, make: () => BlockSpec): BlockSpec => {
    const known = kept.get(number);
    if (known !== undefined) return known;
    const spec = make();
    kept.set(number, spec);
    return spec;
  };
  /** Below 2,048, since kernels and expansions are below 32. */
  const numberOf = (kind: unknown, kernel: number, expansion: number) =>
    (expansion * 32 + kernel) * 2 + Number(kind === "ibn");
  const convolutional = (kind: unknown, kernel: number, expansion: number) =>
    kind === "ibn" ? ({ kind: "ibn", kernel, expansion } as const) : ({ kind: "convnext", kernel, expansion } as const);
  const head = { kind: "head", classes } as const;
  const patches = new Map<number, BlockSpec>();
  return {
    input: [1, ...input],
    head,
    downsample: (stride: number, width: number) =>
      keep(patches, width * 32 + stride, () => ({ kind: "downsample", stride, width })),
    convolutional: (kind: unknown, kernel: number, expansion: number) =>
      keep(bodies, numberOf(kind, kernel, expansion), () => convolutional(kind, kernel, expansion)),
    custom: (kind: CustomKind, kernel: number, expansion: number) =>
      keep(custom, `${kind} ${kernel} ${expansion}`, () => ({ kind, kernel, expansion })),
    transformer: (qkvDim: number, ffn: unknown, kernel: number, expansion: number) =>
      keep(bodies, qkvDim * 2048 + numberOf(ffn, kernel, expansion), () => ({
        kind: "transformer",
        qkvDim,
        heads,
        ffn: convolutional(ffn, kernel, expansion),
      })),
  };
}

/** Rows of blocks that are kept at a time: a search over sizes comes back to the same stages in networks that are new. */
const KEPT_RUNS = 4096;

/** A tree of rows by the numbers that they hang on, one after the other. */
type Tree = Map<number, Tree | BlockRun>;

/**
 * Numbers that are put together into as few as their digits allow, each below a bound of its own. The first is the lowest digit: where
 * what follows hangs on it, such as how many there are, other lists give other numbers.
 */
class Path {
  readonly numbers: number[] = [];
  #number = 0;
  #bound = 1;

  begin(): void {
    this.numbers.length = 0;
    this.#number = 0;
    this.#bound = 1;
  }

  add(number: number, bound: number): void {
    if (this.#bound * bound > Number.MAX_SAFE_INTEGER) this.end();
    this.#number += number * this.#bound;
    this.#bound *= bound;
  }

  end(): void {
    this.numbers.push(this.#number);
    this.#number = 0;
    this.#bound = 1;
  }
}

/** Keeps rows by what they hang on: lists of numbers of which none begins with another one. */
function keptRuns() {
  let kept = 0;
  const root: Tree = new Map();
  return ({ numbers }: Path, make: () => BlockRun): BlockRun => {
    let tree = root;
    for (let i = 0; i + 1 < numbers.length; i++) {
      const number = numbers[i] ?? 0;
      let next = tree.get(number) as Tree | undefined;
      if (next === undefined) {
        next = new Map();
        tree.set(number, next);
      }
      tree = next;
    }
    const last = numbers.at(-1) ?? 0;
    const known = tree.get(last) as BlockRun | undefined;
    if (known !== undefined) return known;
    const run = make();
    tree.set(last, run);
    if (++kept > KEPT_RUNS) {
      root.clear();
      kept = 0;
    }
    return run;
  };
}

function hybridBuilder(options: HybridOptions, stages: readonly StageGenes[]): Space["build"] {
  const { stem } = options;
  const specs = keptSpecs(options);
  const keep = keptRuns();
  const path = new Path();
  const kinds = [...new Set(options.stages.flatMap((stage) => stage.kinds))];

  /** The blocks of a stage behind its patches, whose specs hang on the genes that are put into the path. */
  function bodyOf(stage: StageGenes, s: number, input: Shape, genotype: Genotype): BlockRun {
    const number = (gene: number) => Number(genotype[gene]);
    const { depth, width, expansion, qkvDim, slots } = stage;
    const blocks = number(depth);
    path.begin();
    // The first digit tells bodies from patches and the head.
    path.add(1, 3);
    path.add(s, MOST.stages);
    path.add(blocks, MOST.depth + 1);
    path.add(number(width), MOST.channels + 1);
    path.add(number(expansion), MOST.expansion + 1);
    let attends = false;
    for (let i = 0; i < blocks; i++) {
      const slot = slots[i];
      if (slot === undefined) break;
      const kind = genotype[slot.kind];
      const isTransformer = kind === "transformer";
      attends ||= isTransformer;
      path.add(kinds.indexOf(String(kind) as (typeof kinds)[number]), kinds.length);
      path.add(Number(isTransformer && genotype[slot.ffn ?? -1] === "ibn"), 2);
      if (i === 0 || slot.kernel !== slots[0]?.kernel) path.add(number(slot.kernel), MOST.kernel + 1);
    }
    if (attends && qkvDim !== undefined) path.add(number(qkvDim), MOST.qkvDim + 1);
    path.end();
    return keep(path, () => blockRun(input, specsOf(stage, genotype)));
  }

  function patchesOf(stage: StageGenes, s: number, input: Shape, width: number): BlockRun {
    const [name, stride] = s === 0 ? ["stem", stem] : [`${stage.name}.downsample`, stage.stride];
    return blockRun(input, [{ name, spec: specs.downsample(stride, width) }]);
  }

  function specsOf({ depth, expansion, qkvDim, slots }: StageGenes, genotype: Genotype) {
    const number = (gene: number | undefined) => Number(genotype[gene ?? -1]);
    return slots.slice(0, number(depth)).map((slot) => {
      const kind = String(genotype[slot.kind]);
      const kernel = number(slot.kernel);
      const spec =
        kind === "transformer"
          ? specs.transformer(number(qkvDim), genotype[slot.ffn ?? -1], kernel, number(expansion))
          : isCustomKind(kind)
            ? specs.custom(kind, kernel, number(expansion))
            : specs.convolutional(kind, kernel, number(expansion));
      return { name: slot.name, spec };
    });
  }

  return (genotype) => {
    const runs: BlockRun[] = [];
    let x: Shape = specs.input;
    const add = (run: BlockRun) => {
      runs.push(run);
      x = run.output;
    };
    for (let s = 0; s < stages.length; s++) {
      const stage = stages[s];
      if (stage === undefined) break;
      const width = Number(genotype[stage.width]);
      const before = x;
      path.begin();
      path.add(0, 3);
      path.add(s, MOST.stages);
      path.add(channelsOf(x), MOST.channels + 1);
      path.add(width, MOST.channels + 1);
      path.end();
      add(keep(path, () => patchesOf(stage, s, before, width)));
      add(bodyOf(stage, s, x, genotype));
    }
    path.begin();
    path.add(2, 3);
    path.add(channelsOf(x), MOST.channels + 1);
    path.end();
    const last = x;
    add(keep(path, () => blockRun(last, [{ name: "head", spec: specs.head }])));
    return chainOfRuns("hybrid", specs.input, runs);
  };
}

function channelsOf([, channels = 1]: Shape): number {
  return channels;
}

/** Slots beyond the depth, FFN kinds of other blocks, and QKV dimensions of stages without a Transformer are silent. */
function expression(genes: readonly Gene[], stages: readonly StageGenes[]): Space["isExpressed"] {
  const rules: ((genotype: Genotype) => boolean)[] = genes.map(() => () => true);
  for (const { depth, qkvDim, slots } of stages) {
    const isTransformer = (genotype: Genotype, slot: number) =>
      slot < Number(genotype[depth]) && genotype[slots[slot]?.kind ?? -1] === "transformer";
    slots.forEach(({ kind, ffn, kernel }, slot) => {
      const isThere = (genotype: Genotype) => slot < Number(genotype[depth]);
      rules[kind] = isThere;
      // What the first slot has is always there, a kernel that all slots share included.
      if (kernel !== slots[0]?.kernel) rules[kernel] = isThere;
      if (ffn !== undefined) rules[ffn] = (genotype) => isTransformer(genotype, slot);
    });
    if (qkvDim !== undefined) rules[qkvDim] = (genotype) => slots.some((_, slot) => isTransformer(genotype, slot));
  }
  return (genotype, gene) => rules[gene]?.(genotype) ?? true;
}
