import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { architectureCosts } from "../architecture/architecture.js";
import { keyOf } from "./identity.js";
import { nasbenchMacro } from "./nasbench-macro.js";

const space = nasbenchMacro.create({});
const read = (code: string) => space.notation?.read(code) ?? [];

/** Codes with what is published of them. */
const published: readonly (readonly [code: string, parameters: number, macs: number])[] = [
  ["00000000", 387_882, 7_713_280],
  ["00010201", 1_179_562, 29_848_064],
  ["01101002", 1_381_290, 38_461_952],
];

const table = new URL("../../../../../shared/data/nasbench_macro_cifar10.csv.gz", import.meta.url);
const isThere = existsSync(table);

describe("NAS-Bench-Macro", () => {
  test.each(published)("%s has the published parameters and multiply-accumulates", (code, parameters, macs) => {
    expect(architectureCosts(space.build(read(code)))).toMatchObject({ parameters, macs });
  });

  test.skipIf(!isThere)(`has those of every row of the table${isThere ? "" : " (skipped: it is not there)"}`, () => {
    const rows: Record<string, string>[] = parse(gunzipSync(readFileSync(table)), { columns: true });
    expect(rows.length).toBeGreaterThan(3000);
    for (const { arch = "", params, flops } of rows) {
      const { parameters, macs } = architectureCosts(space.build(read(arch)));
      expect([arch, parameters, macs]).toEqual([arch, Number(params), Number(flops)]);
    }
  });

  test("has 3,969 networks in 6,561 codes", () => {
    const codes = Array.from({ length: 3 ** 8 }, (_, i) => read(i.toString(3).padStart(8, "0")));
    expect(new Set(codes.map((genotype) => keyOf(space, genotype))).size).toBe(3969);
    expect(keyOf(space, read("01001000"))).toBe(keyOf(space, read("01010000")));
    expect(keyOf(space, read("10000000"))).not.toBe(keyOf(space, read("01000000")));
  });
});
