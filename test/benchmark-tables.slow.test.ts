/**
 * @file The gathered tables, converted and read by us, have the figures that others computed of them: SciPy's correlations
 * of FreeREA's columns (data/README), and VKDNW's nDCG of FLOPs (Tybl and Neumann 2025, arXiv 2502.04975, NAS-Bench-201).
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { architectureCosts, type BenchmarkTable, rankingOf, statisticsOf } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { readTableFile } from "../packages/cli/src/benchmark/table-file.js";
import { convertTables } from "../packages/studies/src/tables/convert.js";
import { REPOSITORY, temporaryFolder } from "./cli/esnas.js";

const DATA = join(REPOSITORY, "../shared/data");
const files = [
  "tss_nats201",
  "tss_proxies_freerea",
  "tss_proxies_suitezero",
  "nb101_full",
  "hybrid_fashion",
  "hybrid_sizes_fashion",
];
const isThere = files.every((file) => existsSync(join(DATA, `${file}.csv.gz`)));
const suffix = isThere ? "" : " (skipped: the tables are not there)";

const folder = temporaryFolder();
if (isThere) convertTables({ from: DATA, out: folder });

function table(file: string, space: string, dataset: string): BenchmarkTable {
  return readTableFile(join(folder, `${file}.csv`), { space, dataset });
}

function columnsOf(file: string): Record<string, string>[] {
  return parse(gunzipSync(readFileSync(join(DATA, `${file}.csv.gz`))), { columns: true });
}

function best({ rows }: BenchmarkTable) {
  return rows.reduce((first, row) => (row.accuracy > first.accuracy ? row : first));
}

describe("the table of NATS-Bench topology", () => {
  test.skipIf(!isThere).each([
    ["c10", 6111, 94.3733],
    ["c100", 9930, 73.5133],
    ["in16", 857, 47.3111],
  ] as const)(`has the optimum of %s at index %i, accuracy %f${suffix}`, (dataset, index, accuracy) => {
    expect(best(table("nats-topology", "nats-topology", dataset))).toMatchObject({ index, accuracy });
  });

  test.skipIf(!isThere)(`has no column that the schema does not describe${suffix}`, () => {
    const [header = ""] = readFileSync(join(folder, "nats-topology.csv"), "utf8").split("\n");
    const { fields } = JSON.parse(readFileSync(join(REPOSITORY, "docs/tables.schema.json"), "utf8"));
    const names = (fields as { name: string }[]).map(({ name }) => name);
    for (const column of header.split(",")) expect(names).toContain(column);
  });

  test.skipIf(!isThere).each([
    ["c10", "logsynflow", 0.8261],
    ["c10", "naswot", 0.7931],
    ["c10", "nregions", 0.7253],
    ["c100", "synflow", 0.761],
    ["c100", "naswot", 0.808],
    ["in16", "logsynflow", 0.7773],
    ["in16", "naswot", 0.7798],
  ] as const)(`ranks %s by FreeREA's %s as SciPy does: %f${suffix}`, (dataset, metric, spearman) => {
    const scores = new Map(
      columnsOf("tss_proxies_freerea").map((row) => [Number(row.index), Number(row[`${metric}_${dataset}`])]),
    );
    const { rows } = table("nats-topology", "nats-topology", dataset);
    const ranking = rankingOf(
      rows.map(({ index }) => scores.get(index)),
      rows.map(({ accuracy }) => accuracy),
    );
    expect(statisticsOf(ranking).spearman).toBeCloseTo(spearman, 4);
  });

  test.skipIf(!isThere)(`has VKDNW's nDCG of FLOPs over the distinct cells on ImageNet16-120${suffix}`, () => {
    const distinct = new Set(columnsOf("tss_proxies_suitezero").map(({ index }) => Number(index)));
    const { rows, space } = table("nats-topology", "nats-topology", "in16");
    const kept = rows.filter(({ index }) => distinct.has(index));
    expect(kept).toHaveLength(9445);
    const flops = kept.map(({ genotype }) => architectureCosts(space.build(genotype)).macs);
    expect(
      statisticsOf(
        rankingOf(
          flops,
          kept.map(({ accuracy }) => accuracy),
        ),
      ).ndcg,
    ).toBeCloseTo(0.403, 3);
  });
});

describe("the table of NAS-Bench-101", () => {
  test.skipIf(!isThere)(
    `has 423,624 cells, the best of them at row 4789, and correlates with parameters as SciPy finds${suffix}`,
    () => {
      const nasbench = table("nasbench101", "nasbench101", "c10");
      expect(nasbench.rows).toHaveLength(423_624);
      expect(best(nasbench)).toMatchObject({ index: 4789, accuracy: 94.318 });
      const parameters = columnsOf("nb101_full").map(({ params }) => Number(params));
      const ranking = rankingOf(
        parameters,
        nasbench.rows.map(({ accuracy }) => accuracy),
      );
      expect(statisticsOf(ranking).spearman).toBeCloseTo(0.435, 4);
    },
  );
});

describe("the tables of trained hybrids", () => {
  test.skipIf(!isThere)(`are of one space each, with its input and classes${suffix}`, () => {
    for (const [file, rows] of [
      ["hybrid-fashion", 60],
      ["hybrid-sizes-fashion", 54],
    ] as const) {
      const hybrids = table(file, "hybrid", "fashion");
      expect(hybrids.rows).toHaveLength(rows);
      expect(hybrids.space.options).toMatchObject({ input: [1, 32, 32], classes: 10 });
    }
  });
});
