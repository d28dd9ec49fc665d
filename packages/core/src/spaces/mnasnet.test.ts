import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { architectureCosts, graphOf } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import { mnasnet } from "./mnasnet.js";
import { sample } from "./variation.js";

const space = mnasnet.create({});
const read = (text: string) => space.notation?.read(text) ?? [];

/** EfficientNet-B0, and rows of the table. */
const published: readonly (readonly [network: string, parameters: number, macs: number])[] = [
  ["1-6-6-6-6-6-6/3-3-5-3-5-5-3/1-2-2-3-3-4-1/1-1-1-1-1-1-1", 5_288_548, 385_814_752],
  ["1-6-4-1-1-1-1/5-5-3-3-5-5-5/1-1-2-1-2-3-1/0-1-1-0-0-0-1", 1_956_740, 119_139_536],
];

const table = new URL("../../../../../shared/data/anb_mnasnet_imagenet.csv.gz", import.meta.url);
const isThere = existsSync(table);

describe("the MnasNet space", () => {
  test.each(published)("%s has the published parameters and multiply-accumulates", (network, parameters, macs) => {
    expect(architectureCosts(space.build(read(network)))).toMatchObject({ parameters, macs });
  });

  test.skipIf(!isThere)(`has those of every row of the table${isThere ? "" : " (skipped: it is not there)"}`, () => {
    const rows: Record<string, string>[] = parse(gunzipSync(readFileSync(table)), { columns: true });
    expect(rows.length).toBeGreaterThan(3000);
    for (const { expansion, kernel, layers, se, params_derived, macs_derived_224 } of rows) {
      const network = [expansion, kernel, layers, se].join("/");
      const { parameters, macs } = architectureCosts(space.build(read(network)));
      expect([network, parameters, macs]).toEqual([network, Number(params_derived), Number(macs_derived_224)]);
    }
  });

  test("writes each network in a notation that it reads", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const genotype = sample(space, seededRandom(seed));
        expect(read(space.notation?.write(genotype) ?? "")).toEqual(genotype);
      }),
    );
  });

  test.each(["", "1-6-6-6-6-6-6", "2-6-6-6-6-6-6/3-3-5-3-5-5-3/1-2-2-3-3-4-1/1-1-1-1-1-1-1", "1/3/1/1"])(
    "has no network %j, and says what one looks like",
    (text) => {
      expect(() => read(text)).toThrow(/is no network of the MnasNet space: expansions of seven stages/);
    },
  );

  test("has a gate in each block of a stage with squeeze-and-excite, and in no other", () => {
    const [network = ""] = published[1] ?? [];
    const gates = graphOf(space.build(read(network))).nodes.filter(({ operator }) => operator === "HardSigmoid");
    expect(gates.map(({ block }) => block)).toEqual([
      "stages.1.blocks.0",
      "stages.2.blocks.0",
      "stages.2.blocks.1",
      "stages.6.blocks.0",
    ]);
  });
});
