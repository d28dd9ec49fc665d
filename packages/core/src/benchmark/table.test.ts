import { describe, expect, test } from "vitest";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { toJson } from "../spaces/json.js";
import { nasbench101Space } from "../spaces/nasbench101.js";
import { natsTopologySpace } from "../spaces/nats.js";
import { sample } from "../spaces/variation.js";
import { architectureText } from "./architecture-cell.js";
import { readTable, type TableRequest, type TableSource } from "./table.js";

const nats = natsTopologySpace();
const random = seededRandom(0);
const cells = [...new Set(Array.from({ length: 5 }, () => architectureText(nats, sample(nats, random))))];
const request: TableRequest = { space: "nats-topology", dataset: "c10", partial: true };

function source(columns: readonly string[], rows: readonly (readonly string[])[]): TableSource {
  return { name: "t.csv", checksum: "0", columns, rows: rows.map((row, i) => ({ line: i + 2, cells: row })) };
}

/** A table of the cells, of which one row is changed. */
function changed(
  row: number,
  change: { readonly architecture?: string; readonly c10?: string; readonly index?: string },
) {
  const rows = cells.map((architecture, i) => {
    const fields = { index: String(10 * i), architecture, c10: String(90 + i), ...(i === row && change) };
    return [fields.index, fields.architecture, fields.c10];
  });
  return source(["index", "architecture", "c10"], rows);
}

function message(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return expect.fail("was read");
}

describe("a table", () => {
  const columns = ["c10-val12", "architecture", "c10", "note"];
  const table = readTable(
    source(
      columns,
      cells.map((cell, i) => [i === 1 ? "" : String(60 + i), cell, String(90 + i), "text"]),
    ),
    request,
  );

  test("has its rows in order, numbered where it does not number them", () => {
    expect(table.rows.map(({ index, architecture, accuracy }) => [index, architecture, accuracy])).toEqual(
      cells.map((cell, i) => [i, cell, 90 + i]),
    );
  });

  test("gives numbers of further columns, none where there is nothing, and refuses what is no number", () => {
    const [first, second] = table.rows;
    expect(first?.column("c10-val12")).toBe(60);
    expect(second?.column("c10-val12")).toBeUndefined();
    expect(first?.column("c100-val12")).toBeUndefined();
    expect(message(() => first?.column("note"))).toMatch(/"t.csv", line 2: "note" is "text"; expected a number/);
  });

  test("finds the row of a genotype", () => {
    for (const row of table.rows) expect(table.find(row.genotype)).toBe(row);
    const absent = nats.genes.map(() => "none");
    expect(table.find(absent)).toBeUndefined();
  });

  test("of another dataset has networks of its input and classes", () => {
    const in16 = readTable(source(["architecture", "in16"], [[cells[0] ?? "", "40"]]), { ...request, dataset: "in16" });
    expect(in16.space.build(in16.rows[0]?.genotype ?? []).input).toEqual([1, 3, 16, 16]);
  });

  test("may have genotypes as JSON", () => {
    const json = cells.map((cell) => JSON.stringify(toJson(nats, nats.notation?.read(cell) ?? [])));
    const read = readTable(
      source(
        ["architecture", "c10"],
        json.map((text) => [text, "90"]),
      ),
      request,
    );
    expect(read.rows.map(({ genotype }) => nats.notation?.write(genotype))).toEqual(cells);
  });

  test("of hybrids takes the options of their space from its first row", () => {
    const space = hybridSpace({ input: [1, 32, 32], classes: 10, stem: 2 });
    const text = () => architectureText(space, sample(space, random));
    const hybrids = readTable(
      source(
        ["architecture", "fashion"],
        [
          [text(), "80"],
          [text(), "81"],
        ],
      ),
      {
        space: "hybrid",
        dataset: "fashion",
      },
    );
    expect(hybrids.space.build(hybrids.rows[1]?.genotype ?? []).input).toEqual([1, 1, 32, 32]);
    const other = architectureText(hybridSpace(), sample(hybridSpace(), random));
    const mixed = source(
      ["architecture", "fashion"],
      [
        [text(), "80"],
        [other, "81"],
      ],
    );
    expect(message(() => readTable(mixed, { space: "hybrid", dataset: "fashion" }))).toMatch(
      /line 3: the options of the space differ/,
    );
  });

  test("finds a cell of NAS-Bench-101 by its graph, and then tells of two that are one", () => {
    const { notation } = nasbench101Space();
    // Input to two vertices, both to the output: which is the first is no matter.
    const [one, same, other] = ["4:51:01", "4:51:10", "4:51:00"];
    const read = (...architectures: readonly string[]) => {
      const rows = architectures.map((architecture) => [architecture, "90"]);
      return readTable(source(["architecture", "c10"], rows), { ...request, space: "nasbench101" });
    };
    const genotype = notation?.read(same) ?? [];
    expect(read(other, one).find(genotype)?.architecture).toBe(one);
    expect(message(() => read(one, other, same).find(genotype))).toMatch(/line 4: the network is that of line 2 again/);
  });
});

describe("a table that cannot be read", () => {
  test.each<[string, TableSource, Partial<TableRequest>, RegExp]>([
    ["has no rows", source(["architecture", "c10"], []), {}, /"t.csv" has no rows/],
    ["has no architectures", source(["arch", "c10"], [["", ""]]), {}, /no column "architecture".*has "arch", "c10"/],
    [
      "lacks the dataset",
      changed(0, {}),
      { dataset: "c100" },
      /no column "c100" .*; it has "index", "architecture", "c10"; did you mean "c10"/,
    ],
    ["has a column twice", source(["architecture", "c10", "c10"], []), {}, /two columns "c10"/],
    [
      "is of a dataset that the space does not know",
      changed(0, {}),
      { dataset: "c11" },
      /unknown dataset of nats-topology "c11".*Known: c10, c100, in16/,
    ],
    ["is of a space that is not known", changed(0, {}), { space: "nats" }, /unknown space "nats"/],
    [
      "is a part, and was not asked for as one",
      changed(0, {}),
      { partial: false },
      /expected 15,625 rows, the networks of nats-topology: "t.csv" has 5; where a part is meant, say that it is partial/,
    ],
    ["holds what is no architecture", changed(1, { architecture: "|none~0|" }), {}, /line 3: "\|none~0\|" is no cell/],
    [
      "holds JSON that is cut off",
      changed(1, { architecture: '{"space":' }),
      {},
      /line 3: the architecture is not JSON/,
    ],
    [
      "holds an architecture of another space",
      changed(1, { architecture: '{"space":"nats-size"}' }),
      {},
      /line 3: not a genotype of the space "nats-topology"/,
    ],
    [
      "holds an architecture twice",
      changed(4, { architecture: cells[1] ?? "" }),
      {},
      /line 6: the network is that of line 3 again/,
    ],
    ["holds an index twice", changed(2, { index: "10" }), {}, /line 4: the index is that of line 3 again/],
    [
      "has an index that is none",
      changed(0, { index: "1.5" }),
      {},
      /line 2: "index" is "1.5"; expected a whole number/,
    ],
    ["lacks an accuracy", changed(3, { c10: "" }), {}, /line 5: "c10" is empty; expected a number/],
    ["has an accuracy that is no number", changed(3, { c10: "NaN" }), {}, /line 5: "c10" is "NaN"; expected a number/],
    [
      "has an accuracy above 100",
      changed(3, { c10: "100.5" }),
      {},
      /line 5: "c10" is "100.5"; expected an accuracy in %/,
    ],
    ["has an accuracy below 0", changed(3, { c10: "-1" }), {}, /line 5: "c10" is "-1"; expected an accuracy in %/],
    [
      "has fractions",
      source(
        ["architecture", "c10"],
        cells.map((cell) => [cell, "0.94"]),
      ),
      {},
      /no "c10" is above 0.94; expected accuracies in %, not fractions/,
    ],
    [
      "is of hybrids that are no JSON",
      source(["architecture", "c10"], [["I3|C5", "90"]]),
      { space: "hybrid" },
      /line 2: architectures of the space "hybrid" are genotypes in JSON, not "I3\|C5"/,
    ],
  ])("%s", (_, table, change, expected) => {
    expect(message(() => readTable(table, { ...request, ...change }))).toMatch(expected);
  });

  test("has more rows than the space has networks", () => {
    const rows = Array.from({ length: 15_626 }, () => ["", ""]);
    expect(message(() => readTable(source(["architecture", "c10"], rows), request))).toMatch(
      /expected 15,625 rows.* has 15,626$/,
    );
  });
});
