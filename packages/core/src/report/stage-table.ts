/** @file An architecture stage by stage, as the rows of a table. */

import { type BlockDescription, isDownsample, type StageDescription } from "../architecture/describe.js";
import { big } from "../base/numbers.js";

export const stageColumns = [
  "stage",
  "blocks",
  "width",
  "resolution",
  "kernel",
  "expansion",
  "QKV",
  "parameters",
  "MACs",
];

function span(values: readonly number[]): string {
  return values.join(", ");
}

function titleWithFfn({ title, ffn }: BlockDescription): string {
  return ffn === undefined ? title : `${title} (${ffn === "ibn" ? "IBN" : "ConvNeXt"})`;
}

/** The blocks of a stage in order, runs counted: `2 IBN, Transformer (ConvNeXt)`. */
function sequence({ blocks }: StageDescription): string {
  const runs: { title: string; times: number }[] = [];
  for (const block of blocks.filter((candidate) => !isDownsample(candidate))) {
    const name = titleWithFfn(block);
    const last = runs.at(-1);
    if (last?.title === name) last.times++;
    else runs.push({ title: name, times: 1 });
  }
  return runs.map(({ title, times }) => (times === 1 ? title : `${times} ${title}`)).join(", ");
}

export function stageRows(stages: readonly StageDescription[]): string[][] {
  return stages.map((stage) => [
    stage.name,
    sequence(stage),
    String(stage.width),
    stage.resolution === undefined ? "" : stage.resolution.join(" x "),
    span(stage.kernels),
    span(stage.expansions),
    span(stage.qkvDims),
    big(stage.parameters),
    big(stage.macs),
  ]);
}

export const blockColumns = ["block", "kind", "output", "kernel", "expansion", "QKV", "parameters", "MACs"];

export function blockRows(stages: readonly StageDescription[]): string[][] {
  return stages.flatMap(({ blocks }) =>
    blocks.map((block) => [
      block.name,
      titleWithFfn(block),
      block.output.slice(1).join(" x "),
      String(block.kernel ?? ""),
      String(block.expansion ?? ""),
      String(block.qkvDim ?? ""),
      big(block.parameters),
      big(block.macs),
    ]),
  );
}
