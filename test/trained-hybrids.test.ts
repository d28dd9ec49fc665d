/**
 * @file Parameters and MACs of 114 hybrids that were built and trained in PyTorch (data/README section 7): the blocks are
 * held against counts that are not ours.
 */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  type Architecture,
  architectureCosts,
  type BlockSpec,
  chain,
  fromJson,
  graphOf,
  hybridSpace,
  macsOf,
  type Space,
} from "@esnas/core";
import { describe, expect, test } from "vitest";

const DATA = fileURLToPath(new URL("../../shared/data/", import.meta.url));
const TOPOLOGIES = "hybrid_fashion.csv.gz";
const SIZES = "hybrid_sizes_fashion.csv.gz";
const WIDTHS = [16, 32, 64, 96];
const HEADS = 4;
const EXPANSION = 4;

type Row = Readonly<Record<string, string>>;

/** Rows of a gzipped CSV file by the names of its columns; fields with commas are quoted. */
function rowsOf(file: string): Row[] {
  const [header = "", ...lines] = gunzipSync(readFileSync(DATA + file))
    .toString("utf8")
    .trim()
    .split(/\r?\n/);
  const columns = header.split(",");
  return lines.map((line) => {
    const fields = [...line.matchAll(/"([^"]*)"|([^,]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    return Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? ""]));
  });
}

/** What the tables count: convolutions alone, without the linear head and attention's products. */
function convolutionMacs(architecture: Architecture): number {
  const graph = graphOf(architecture);
  return graph.nodes.reduce((total, node) => total + (node.operator === "Conv" ? macsOf(graph, node) : 0), 0);
}

function expectCounts(architecture: Architecture, { params, macs }: Row): void {
  expect({
    params: architectureCosts(architecture).parameters,
    macs: convolutionMacs(architecture),
  }).toEqual({ params: Number(params), macs: Number(macs) });
}

/** `I3` and `C7` are an IBN and a ConvNeXt block with their kernels, `T5c` an encoder with the kernel and kind of its FFN. */
function blockOf(code: string, qkvDim: number): BlockSpec {
  const [, kind, kernel, ffn] = /^([ICT])(\d)([ic]?)$/.exec(code) ?? [];
  const body = (letter: string | undefined) =>
    ({
      kind: letter?.toUpperCase() === "I" ? "ibn" : "convnext",
      kernel: Number(kernel),
      expansion: EXPANSION,
    }) as const;
  return kind === "T" ? { kind: "transformer", qkvDim, heads: HEADS, ffn: body(ffn) } : body(kind);
}

/** The network of a row of `hybrid_fashion`, whose kernels differ from block to block. */
function hybridOf(code: string): Architecture {
  const blocks = code.split("|").flatMap((stage, s): { name: string; spec: BlockSpec }[] => {
    const width = WIDTHS[s] ?? 0;
    return [
      { name: s === 0 ? "stem" : `stages.${s}.downsample`, spec: { kind: "downsample", stride: 2, width } },
      ...stage.split(",").map((block, i) => ({ name: `stages.${s}.blocks.${i}`, spec: blockOf(block, width / 2) })),
    ];
  });
  return chain("hybrid", [1, 1, 32, 32], [...blocks, { name: "head", spec: { kind: "head", classes: 10 } }]);
}

/** The kinds of the slots of each stage of `hybrid_sizes_fashion`, cut at the depth. */
const SLOTS = [
  Array.from({ length: 4 }, () => ({ kind: "ibn" })),
  Array.from({ length: 4 }, () => ({ kind: "ibn" })),
  ["ibn", "transformer", "ibn", "transformer"].map((kind) => ({ kind, ffn: "ibn" })),
  ["convnext", "transformer", "convnext"].map((kind) => ({ kind, ffn: "convnext" })),
];

/** Sizes of a row, a column at a time: `16/24/32/160` is one value a stage. */
function sizesOf(row: Row, column: string): readonly [number, number, number, number] {
  const [first = 0, second = 0, third = 0, fourth = 0] = (row[column] ?? "").split("/").map(Number);
  return [first, second, third, fourth];
}

/** An instance of the hybrid space that has the sizes of every row. */
function spaceOf(rows: readonly Row[]): Space {
  const valuesOf = (column: string, stage: number) =>
    [...new Set(rows.map((row) => sizesOf(row, column)[stage] ?? 0))].toSorted((a, b) => a - b);
  return hybridSpace({
    input: [1, 32, 32],
    classes: 10,
    stem: 2,
    heads: HEADS,
    stages: SLOTS.map((slots, s) => ({
      depth: slots.map((_, i) => i + 1),
      width: valuesOf("width", s),
      expansion: valuesOf("expansion", s),
      kernel: valuesOf("kernel", s),
      qkvDim: valuesOf("qkv", s),
      kinds: s < 2 ? ["ibn"] : ["ibn", "convnext", "transformer"],
      ffns: ["ibn", "convnext"],
    })),
  });
}

/** The network of a row of `hybrid_sizes_fashion`. */
function sizedHybrid(space: Space, row: Row): Architecture {
  const stages = SLOTS.map((blocks, s) => {
    const size = (column: string) => sizesOf(row, column)[s];
    const sizes = { depth: size("depth"), width: size("width"), expansion: size("expansion"), kernel: size("kernel") };
    return { ...sizes, ...(s >= 2 && { qkvDim: size("qkv") }), blocks };
  });
  const { options, version, name } = space;
  return space.build(fromJson(space, { space: name, version, options, stages }));
}

describe("hybrids trained in PyTorch (skipped without ../shared/data)", () => {
  const without = (file: string) => !existsSync(DATA + file);

  test.skipIf(without(TOPOLOGIES))("60 random topologies have PyTorch's parameters and convolutions' MACs", () => {
    const rows = rowsOf(TOPOLOGIES);
    expect(rows.length).toBeGreaterThanOrEqual(60);
    for (const row of rows) expectCounts(hybridOf(row.blocks ?? ""), row);
  });

  test.skipIf(without(SIZES))(
    "54 random sizes have PyTorch's parameters and convolutions' MACs in the hybrid space",
    () => {
      const rows = rowsOf(SIZES);
      expect(rows.length).toBeGreaterThanOrEqual(54);
      const space = spaceOf(rows);
      for (const row of rows) expectCounts(sizedHybrid(space, row), row);
    },
  );
});
