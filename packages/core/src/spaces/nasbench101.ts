/**
 * @file The space of NAS-Bench-101 (Ying et al. 2019, arXiv 1902.09635), built at its real size for CIFAR-10: a stem of 128
 * channels, three stacks of three equal cells, between stacks max pooling and twice the channels, global pooling, a linear
 * layer. All genes are topology: the 21 possible edges of a graph of seven vertices, and the operations of the five vertices
 * between input and output.
 *
 * Vertices that are on no way from the input to the output are left out, and what remains has at most nine edges: 423,624
 * networks that differ in more than the order of their vertices.
 */

import { z } from "zod";
import { chain } from "../architecture/architecture.js";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import { type Nasbench101Cell, type Nasbench101Operation, nasbench101Operations } from "../blocks/nasbench101-cell.js";
import type { BlockSpec } from "../blocks/registry.js";
import { nasbench101Key } from "./nasbench101-isomorphism.js";
import type { Gene, Genotype, Notation, Space } from "./space.js";

const VERTICES = 7;
const INNER = VERTICES - 2;
const MAX_EDGES = 9;
const EDGES = positionOf(0, VERTICES);

const STEM_WIDTH = 128;
const STACKS = 3;
const CELLS = 3;

/** The number of the edge between two vertices: the matrix above its diagonal, column by column. */
function positionOf(from: number, to: number): number {
  return from + (to * (to - 1)) / 2;
}

const genes: readonly Gene[] = [
  ...Array.from({ length: EDGES }, (_, i): Gene => ({ name: `edges.${i}`, role: "topology", values: [0, 1] })),
  ...Array.from({ length: INNER }, (_, i): Gene => {
    return { name: `operations.${i}`, role: "topology", values: nasbench101Operations };
  }),
];

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const all = range(0, VERTICES);

/** The vertices that lead to each vertex, as bits. */
function sourcesIn(genotype: Genotype): readonly number[] {
  return all.map((to) => {
    let bits = 0;
    for (let from = 0; from < to; from++) if (genotype[positionOf(from, to)] === 1) bits |= 1 << from;
    return bits;
  });
}

/** The vertices on the ways from the input to the output, in order. */
function usedVertices(sources: readonly number[]): readonly number[] {
  let fromInput = 1;
  sources.forEach((bits, to) => {
    if ((bits & fromInput) !== 0) fromInput |= 1 << to;
  });
  let toOutput = 1 << (VERTICES - 1);
  for (const to of all.toReversed()) if (((toOutput >> to) & 1) === 1) toOutput |= sources[to] ?? 0;
  return all.filter((vertex) => (((fromInput & toOutput) >> vertex) & 1) === 1);
}

/**
 * The cell of a genotype, without what is not used; `undefined` where there is no way from its input to its output, or too
 * many edges on the ways.
 */
export function nasbench101CellOf(genotype: Genotype): Nasbench101Cell | undefined {
  const sources = sourcesIn(genotype);
  const used = usedVertices(sources);
  const edges: (readonly [number, number])[] = [];
  used.forEach((to, t) => {
    for (let f = 0; f < t; f++) if ((((sources[to] ?? 0) >> (used[f] ?? 0)) & 1) === 1) edges.push([f, t]);
  });
  if (edges.length === 0 || edges.length > MAX_EDGES) return undefined;
  const operations = used.slice(1, -1).map((vertex) => genotype[EDGES + vertex - 1] as Nasbench101Operation);
  return { operations, edges };
}

function cellOf(genotype: Genotype): Nasbench101Cell {
  const cell = nasbench101CellOf(genotype);
  if (cell === undefined) throw new InputError(`${genotype.join(" ")} is no cell of NAS-Bench-101`);
  return cell;
}

/**
 * `7:1205349:02001`: the number of vertices; the edges, bit `from + to (to - 1) / 2` for each; the operations, by their
 * numbers. Written without the vertices that are not used.
 */
const notation: Notation = {
  write(genotype) {
    const { operations, edges } = cellOf(genotype);
    const bits = edges.reduce((total, [from, to]) => total + 2 ** positionOf(from, to), 0);
    const digits = operations.map((operation) => nasbench101Operations.indexOf(operation)).join("");
    return `${operations.length + 2}:${bits}:${digits}`;
  },
  read(text) {
    const [, vertices, bits = "", digits = ""] = /^([2-7]):([1-9]\d{0,6}):([012]{0,5})$/.exec(text) ?? [];
    const output = Number(vertices) - 1;
    const genotype = genotypeOf(output, Number(bits), [...digits].map(Number));
    const fits = digits.length === output - 1 && Number(bits) < 2 ** positionOf(0, output + 1);
    if (!fits || nasbench101CellOf(genotype) === undefined) {
      throw new InputError(
        `${JSON.stringify(text)} is no cell of NAS-Bench-101: vertices, edges and operations of a graph with a way ` +
          `through it and at most ${MAX_EDGES} edges, as in 7:1205349:02001`,
      );
    }
    return genotype;
  },
};

/** A graph of fewer vertices leaves those before the output alone. */
function genotypeOf(output: number, bits: number, operations: readonly number[]): Genotype {
  const genotype: (string | number)[] = new Array<number>(EDGES).fill(0);
  for (let to = 1; to <= output; to++) {
    for (let from = 0; from < to; from++) {
      const place = positionOf(from, to === output ? VERTICES - 1 : to);
      genotype[place] = (bits >> positionOf(from, to)) & 1;
    }
  }
  for (let i = 0; i < INNER; i++) genotype.push(nasbench101Operations[operations[i] ?? 0] ?? "");
  return genotype;
}

function build(genotype: Genotype) {
  const cell = cellOf(genotype);
  const stacks = range(0, STACKS).flatMap((stack): { name: string; spec: BlockSpec }[] => {
    const spec: BlockSpec = { kind: "nasbench101-cell", ...cell, width: STEM_WIDTH * 2 ** stack };
    const cells = range(0, CELLS).map((i) => ({ name: `stages.${stack}.blocks.${i}`, spec }));
    return stack === 0
      ? cells
      : [{ name: `stages.${stack}.downsample`, spec: { kind: "max-pool", stride: 2 } }, ...cells];
  });
  return chain(
    "nasbench101",
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "nasbench101-stem", width: STEM_WIDTH } },
      ...stacks,
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

/**
 * The space of NAS-Bench-101, which takes no options.
 * @throws {@link InputError} where some are given.
 */
export function nasbench101Space(given: Readonly<Record<string, never>> = {}): Space {
  const parsed = z.strictObject({}).safeParse(given);
  if (!parsed.success) {
    throw new InputError(`options of the space "nasbench101": ${firstIssue(parsed.error, given)}`);
  }
  return {
    name: "nasbench101",
    version: 1,
    options: {},
    genes,
    build,
    isExpressed: (genotype, gene) => gene < EDGES || usedVertices(sourcesIn(genotype)).includes(gene - EDGES + 1),
    isValid: (genotype) => nasbench101CellOf(genotype) !== undefined,
    identity: (genotype) => nasbench101Key(cellOf(genotype)),
    notation,
  };
}
