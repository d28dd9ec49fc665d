/**
 * @file The hybrid space as a file that people write: its options, with ranges as `{ from, to, step }` where that is shorter, and
 * with what most stages have left out. The options that a file stands for are what genotypes record: nothing needs the file later.
 */

import { z } from "zod";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import { type HybridOptions, hybridDefaults, hybridOptions, hybridSpace, hybridStage } from "./hybrid.js";

type Stage = HybridOptions["stages"][number];

const steps = z.strictObject({
  from: z.number().int().min(1),
  to: z.number().int().max(4096),
  step: z.number().int().min(1).default(1),
});

/** A list of values, or steps. */
function rangeOf<T extends z.ZodType<number[], number[]>>(values: T, text: string) {
  return z
    .union([z.array(z.number()), steps], {
      error: "expected a list such as [3, 5, 7], or { from: 16, to: 64, step: 8 }",
    })
    .transform((given) => (Array.isArray(given) ? given : valuesOf(given)))
    .pipe(values)
    .describe(text);
}

function valuesOf({ from, to, step }: z.output<typeof steps>): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, i) => from + i * step);
}

const { shape } = hybridStage;

/** What a stage has where the file does not say. */
const usual = {
  expansion: [2, 3, 4, 5, 6],
  kernel: [3, 5, 7, 9],
  qkvDim: [],
  kinds: ["ibn", "convnext"],
  ffns: ["ibn", "convnext"],
} satisfies Partial<Stage>;

const stage = z.strictObject({
  depth: rangeOf(shape.depth, "Blocks of the stage."),
  width: rangeOf(shape.width, "Channels of the stage."),
  expansion: rangeOf(shape.expansion, "Hidden channels of a block over its channels.").default(usual.expansion),
  kernel: rangeOf(shape.kernel, "Kernel sizes, odd.").default(usual.kernel),
  kinds: shape.kinds
    .describe('Blocks to choose from: ibn, convnext, transformer, or a block of a plugin such as "acme/ghost".')
    .default(usual.kinds as z.output<typeof shape.kinds>),
  ffns: shape.ffns
    .describe("Feed-forward networks of transformers.")
    .default(usual.ffns as z.output<typeof shape.ffns>),
  qkvDim: rangeOf(shape.qkvDim, "Dimensions of query, key and value of transformers: multiples of heads.").default(
    usual.qkvDim,
  ),
  stride: shape.stride.describe("Stride into the stage (default: 2). The first stage has the stem instead."),
  limits: shape.limits.describe("The most blocks of a kind that the stage may have, such as { transformer: 2 }."),
});

const { shape: top } = hybridOptions;

/** The file's form. */
export const hybridFile = z
  .strictObject({
    space: z.literal("hybrid").describe("The space that this file is of."),
    input: top.input.describe("Images: channels, height, width.").optional(),
    classes: top.classes.describe("Classes to tell apart.").optional(),
    stem: top.stem.describe("Kernel and stride of the stem. Absent: as the images want it.").optional(),
    heads: top.heads.describe("Attention heads of every transformer.").optional(),
    kernelPer: z
      .enum(["stage", "block"])
      .describe("Whether the blocks of a stage share one kernel size, or have one each.")
      .optional(),
    stages: z.array(stage).min(1).max(8).describe("The stages, in order: from 1 to 8.").optional(),
  })
  .describe("A search space of esnas: the hybrid space with other ranges.");

/**
 * The options of the hybrid space that a file's content stands for.
 * @throws {@link InputError} where it is not of the form, naming path and value.
 */
export function hybridOptionsIn(content: unknown): Partial<HybridOptions> {
  const parsed = hybridFile.safeParse(content);
  if (!parsed.success) throw new InputError(firstIssue(parsed.error, content));
  const { space: _, ...given } = parsed.data;
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  hybridSpace(options);
  return options;
}

/** The JSON Schema of the file, for editors. */
export function hybridFileSchema(): object {
  return z.toJSONSchema(hybridFile, { io: "input", target: "draft-7" });
}

/** Options as the text of a file, in YAML, with comments. What it stands for is the space of the options. */
export function hybridFileText(given: Partial<HybridOptions> = {}): string {
  const { input, classes, stem, heads, kernelPer, stages } = hybridOptions.parse({ ...hybridDefaults, ...given });
  return `# yaml-language-server: $schema=./space.schema.json
# A search space for --space. The schema, for editors: esnas space --schema > space.schema.json
space: hybrid
input: [${input.join(", ")}] # channels, height, width
classes: ${classes}
stem: ${stem} # kernel and stride of the stem; leave it out to have it chosen by the size of the images
heads: ${heads} # attention heads of transformers
kernelPer: ${kernelPer} # stage: one kernel size for a stage; block: one for each block

# From 1 to 8 stages. Ranges are lists, or { from, to, step }; a range of one value freezes it.
# kinds: ibn, convnext, transformer, or a block of a plugin, such as acme/ghost
# limits: the most blocks of a kind in a stage, such as { transformer: 2 }
stages:
${stages.map(stageText).join("\n")}`;
}

function stageText({ depth, width, expansion, kernel, kinds, ffns, qkvDim, stride, limits }: Stage, i: number): string {
  const before = i === 0 ? "" : `    stride: ${stride ?? 2} # into the stage\n`;
  const attention =
    qkvDim.length === 0
      ? ""
      : `\n    ffns: [${ffns.join(", ")}] # feed-forward networks of transformers\n    qkvDim: ${rangeText(qkvDim)} # multiples of heads`;
  const most = Object.entries(limits ?? {}).map(([kind, n]) => `${kind}: ${n}`);
  return `  - depth: ${rangeText(depth)}
${before}    width: ${rangeText(width)}
    expansion: ${rangeText(expansion)}
    kernel: ${rangeText(kernel)}
    kinds: [${kinds.join(", ")}]${attention}${most.length === 0 ? "" : `\n    limits: { ${most.join(", ")} }`}
`;
}

/** From this many evenly spaced values on, steps are shorter than a list. */
const LONG = 6;

function rangeText(values: readonly number[]): string {
  const [from = 1, second = from + 1] = values;
  const step = second - from;
  const isEven = values.every((value, i) => value === from + i * step);
  if (values.length < LONG || !isEven) return `[${values.join(", ")}]`;
  return `{ from: ${from}, to: ${values.at(-1)}, step: ${step} }`;
}
