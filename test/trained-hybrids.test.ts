/**
 * @file Parameters and MACs of 114 hybrids that were built and trained in PyTorch (data/README section 7): the hybrid space is
 * held against counts that are not ours.
 */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  type Architecture,
  architectureCosts,
  graphOf,
  InputError,
  macsOf,
  readGenotype,
  toJson,
} from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import {
  hybridSizesGenotype,
  hybridTopologyGenotype,
  type TrainedHybrid,
} from "../packages/studies/src/tables/trained-hybrids.js";

const DATA = fileURLToPath(new URL("../../shared/data/", import.meta.url));

type Row = Readonly<Record<string, string>>;

const tables = [
  {
    name: "60 random topologies, of a kernel for each block,",
    file: "hybrid_fashion.csv.gz",
    rows: 60,
    genotypeOf: ({ blocks = "" }: Row) => hybridTopologyGenotype(blocks),
  },
  {
    name: "54 random sizes",
    file: "hybrid_sizes_fashion.csv.gz",
    rows: 54,
    genotypeOf: hybridSizesGenotype,
  },
];

/** What the tables count: convolutions alone, without the linear head and attention's products. */
function convolutionMacs(architecture: Architecture): number {
  const graph = graphOf(architecture);
  return graph.nodes.reduce((total, node) => total + (node.operator === "Conv" ? macsOf(graph, node) : 0), 0);
}

function counts({ space, genotype }: TrainedHybrid) {
  const architecture = space.build(genotype);
  return { params: architectureCosts(architecture).parameters, macs: convolutionMacs(architecture) };
}

describe.each(tables)("$name trained in PyTorch (skipped without ../shared/data)", ({ file, rows, genotypeOf }) => {
  const present = existsSync(DATA + file);
  const table: Row[] = present ? parse(gunzipSync(readFileSync(DATA + file)), { columns: true }) : [];

  test.skipIf(!present)("have their parameters and convolutions' MACs in the hybrid space", () => {
    expect(table).toHaveLength(rows);
    for (const row of table) {
      expect(counts(genotypeOf(row))).toEqual({ params: Number(row.params), macs: Number(row.macs) });
    }
  });

  test.skipIf(!present)("are genotypes of one space, in JSON too", () => {
    const [first] = table.map(genotypeOf);
    for (const row of table) {
      const { space, genotype } = genotypeOf(row);
      expect(space).toBe(first?.space);
      const read = readGenotype(JSON.parse(JSON.stringify(toJson(space, genotype))));
      expect(read.genotype).toEqual(genotype);
      expect(read.space.options).toEqual(space.options);
    }
  });
});

describe("notations of the tables", () => {
  test.each([
    "",
    "I3",
    "I3|C5,I7|T3c,I5,C3|C7",
    "I3|C5,I7|T3,I5,C3|C7,T5i",
    "I3|C5,T7i|T3c,I5,C3|C7,T5i",
    "I4|I3,I3|I3,I3,I3|I3,I3",
  ])("are refused where they are wrong: %j", (blocks) => {
    expect(() => hybridTopologyGenotype(blocks)).toThrow(InputError);
  });

  test("are refused where a size is none of the table's, or is missing", () => {
    const row = { width: "16/24/32/160", depth: "2/2/4/1", expansion: "4/4/4/2", kernel: "3/3/3/3", qkv: "8/8/32/240" };
    expect(() => hybridSizesGenotype(row)).not.toThrow();
    expect(() => hybridSizesGenotype({ ...row, depth: "5/2/4/1" })).toThrow(InputError);
    expect(() => hybridSizesGenotype({ ...row, width: "16/24/32" })).toThrow(InputError);
    const { qkv, ...without } = row;
    expect(() => hybridSizesGenotype(without)).toThrow(InputError);
  });
});
