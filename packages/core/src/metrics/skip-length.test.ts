import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../base/random-numbers.js";
import { natsOperations } from "../blocks/nats-cell.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { natsTopologySpace } from "../spaces/nats.js";
import { sample } from "../spaces/variation.js";
import { skipLength } from "./skip-length.js";

const space = natsTopologySpace();
const cells = fc.array(fc.constantFrom(...natsOperations), { minLength: 6, maxLength: 6 });

describe("the length of skips", () => {
  test.each([
    ["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", 0],
    ["|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|", 0],
    ["|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|", 2],
    ["|skip_connect~0|+|skip_connect~0|none~1|+|skip_connect~0|skip_connect~1|none~2|", 1],
  ])("of %s is %d", (cell, length) => {
    const genotype = [...cell.matchAll(/(\w+)~/g)].map(([, operation]) => operation ?? "");
    expect(skipLength.score(space.build(genotype))).toBe(length);
  });

  test("is the mean over the skip connections of the table's string of the nodes between their ends", () => {
    const property = fc.property(cells, (genotype) => {
      const levels = (space.notation?.write(genotype) ?? "").split("+").map((level) => level.split("|").slice(1, -1));
      const lengths = levels.flatMap((edges, node) =>
        edges.flatMap((edge, from) => (edge.startsWith("skip") ? [node - from] : [])),
      );
      const mean = lengths.length === 0 ? 0 : lengths.reduce((sum, length) => sum + length) / lengths.length;
      expect(skipLength.score(space.build(genotype))).toBe(mean);
    });
    fc.assert(property, { seed: 1 });
  });

  test("of a network without such cells is refused", () => {
    const hybrid = hybridSpace();
    expect(() => skipLength.score(hybrid.build(sample(hybrid, seededRandom(1))))).toThrow(/has no cell of NATS-Bench/);
  });
});
