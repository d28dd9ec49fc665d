/** @file NAS-Bench-101 against the benchmark's own hashes and against the parameters of its networks. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  architectureCosts,
  checkConstraints,
  encode,
  type Genotype,
  graphOf,
  keyOf,
  mutate,
  nasbench101CellOf,
  nasbench101Hash,
  nasbench101Space,
  onnxRuntime,
  parameterValues,
  sample,
  sampleWithin,
  seededRandom,
  shapeOf,
} from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";

const space = nasbench101Space();
const VERTICES = 7;

function tablePath(name: string): string {
  return fileURLToPath(new URL(`../../shared/data/${name}.csv.gz`, import.meta.url));
}

const present = existsSync(tablePath("nb101_full")) && existsSync(tablePath("nb101_hash_check"));
const suffix = present ? "" : " (skipped: the tables are not there)";

function rowsOf(name: string): Record<string, string>[] {
  return parse(gunzipSync(readFileSync(tablePath(name))), { columns: true });
}

const cells = present ? rowsOf("nb101_full") : [];
const nameOf = ({ n, edges, ops }: Record<string, string>) => `${n}:${edges}:${ops}`;
const read = (text: string): Genotype => space.notation?.read(text) ?? [];
const parametersOf = (genotype: Genotype) => architectureCosts(space.build(genotype)).parameters;

function hashOf(genotype: Genotype): string {
  const cell = nasbench101CellOf(genotype);
  if (cell === undefined) throw new Error(`${genotype} is no cell`);
  return nasbench101Hash(cell);
}

const hasEdge = (genotype: Genotype, from: number, to: number) => genotype[from + (to * (to - 1)) / 2] === 1;

/** The genotype with its inner vertices in another order, as far as edges go on leading from lower to higher. */
function reordered(genotype: Genotype, order: readonly number[]): Genotype {
  const places = [0, ...order, VERTICES - 1];
  const result = [...genotype];
  for (let to = 1; to < VERTICES; to++) {
    for (let from = 0; from < to; from++) {
      const [a = 0, b = 0] = [places[from], places[to]];
      if (a > b && hasEdge(genotype, b, a)) return genotype;
      result[from + (to * (to - 1)) / 2] = Number(a < b && hasEdge(genotype, a, b));
    }
    if (to < VERTICES - 1) result[20 + to] = genotype[20 + (places[to] ?? 0)] ?? "";
  }
  return result;
}

describe("NAS-Bench-101", () => {
  test.skipIf(!present)(`has the benchmark's hashes of 212 cells${suffix}`, () => {
    const checks = rowsOf("nb101_hash_check");
    expect(checks).toHaveLength(212);
    expect(checks.map(({ row }) => hashOf(read(nameOf(cells[Number(row)] ?? {}))))).toEqual(
      checks.map(({ hash }) => hash),
    );
  });

  test.skipIf(!present)(`tells all 423,624 cells apart, by the names that the table has${suffix}`, () => {
    const names = cells.map(nameOf);
    const genotypes = names.map(read);
    expect(genotypes.every((genotype, i) => space.notation?.write(genotype) === names[i])).toBe(true);
    expect(new Set(genotypes.map((genotype) => keyOf(space, genotype))).size).toBe(423_624);
  });

  test.skipIf(!present)(`has the parameters of 20,173 of the networks${suffix}`, { timeout: 300_000 }, () => {
    for (const row of cells.filter((_, i) => i % 21 === 0)) {
      const name = nameOf(row);
      expect([name, parametersOf(read(name))]).toEqual([name, Number(row.params)]);
    }
  });

  test("has the parameters of the Inception-like cell that the benchmark's README shows", () => {
    const edges = [
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 5],
      [1, 6],
      [2, 6],
      [3, 4],
      [4, 6],
      [5, 6],
    ];
    const bits = edges.reduce((sum, [from = 0, to = 0]) => sum + 2 ** (from + (to * (to - 1)) / 2), 0);
    expect(parametersOf(read(`7:${bits}:10002`))).toBe(2_694_282);
  });

  test("runs a cell of all operations, with a truncated tensor and a projection of the input, at its real size", async () => {
    const edges = [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 3],
      [1, 4],
      [2, 4],
      [3, 4],
      [0, 4],
    ];
    const bits = edges.reduce((sum, [from = 0, to = 0]) => sum + 2 ** (from + (to * (to - 1)) / 2), 0);
    const graph = graphOf(space.build(read(`5:${bits}:021`)));
    const channels = [1, 2, 3].map((vertex) => {
      const node = graph.nodes.findLast(({ name }) => name.startsWith(`stages.0.blocks.0/vertex_${vertex}`));
      return shapeOf(graph, node?.outputs[0] ?? "")[1];
    });
    expect(channels).toEqual([43, 43, 42]);
    const session = await onnxRuntime(ort).createSession(
      encode(graph, { opset: 17, values: (parameter) => parameterValues(0, parameter) }),
    );
    const data = Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i));
    const outputs = await session.run({ [graph.input]: { data, shape: [2, 3, 32, 32] } });
    await session.release();
    const [logits] = Object.values(outputs);
    expect(logits?.shape).toEqual([2, 10]);
    expect([...(logits?.data ?? [])].every(Number.isFinite)).toBe(true);
  });

  test("knows a network again in any order of its vertices, and no other, as the hash does", () => {
    const orders = fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 });
    let reorderings = 0;
    const property = fc.property(fc.nat(), orders, (seed, order) => {
      const random = seededRandom(seed);
      const genotype = sample(space, random);
      const other = reordered(genotype, order);
      if (other !== genotype) reorderings++;
      expect(hashOf(other)).toBe(hashOf(genotype));
      expect(keyOf(space, other)).toBe(keyOf(space, genotype));
      const mutant = mutate(space, genotype, random, "topology", 2);
      expect(keyOf(space, mutant) === keyOf(space, genotype)).toBe(hashOf(mutant) === hashOf(genotype));
    });
    fc.assert(property, { seed: 1, numRuns: 1000 });
    expect(reorderings).toBeGreaterThan(60);
  });

  test("allows nine edges on the ways from the input to the output, and any number off them", () => {
    const complete = space.genes.map(({ values }) => values.at(-1) ?? 1);
    expect(space.isValid?.(complete)).toBe(false);
    const aside = complete.map((value, i) => (i === 15 ? 1 : i >= 15 && i < 21 ? 0 : value));
    expect(space.isValid?.(aside)).toBe(true);
    expect(space.notation?.write(aside)).toBe("2:1:");
    expect(parametersOf(aside)).toBe(882_570);
  });

  test("is searched within a budget", () => {
    const constraints = { parameters: { min: 2e6, max: 3e6 } };
    expect(() => checkConstraints(space, constraints)).not.toThrow();
    const { parameters } = architectureCosts(space.build(sampleWithin(space, constraints, seededRandom(1))));
    expect(parameters).toBeGreaterThanOrEqual(2e6);
    expect(parameters).toBeLessThanOrEqual(3e6);
  });
});
