import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PrefixMemo, type Step } from "./prefix-memo.js";

/** Chains of blocks of few kinds, so that many begin alike. */
const chains = fc.array(fc.constantFrom("ibn", "convnext", "encoder"), { minLength: 1, maxLength: 6 });
const runs = fc.constantFrom("one", "other");
const ELEMENTS = 256;

function blocksOf(chain: readonly string[]) {
  return chain.map((key, i) => ({ name: `blocks.${i}`, key }));
}

/** Steps that say which run and which blocks they are of. */
function stepsOf(run: string, chain: readonly string[]): Step[] {
  return chain.map((_, i) => ({
    signal: { shape: [ELEMENTS], data: new Float32Array(ELEMENTS).fill(i) },
    observed: [[{ size: 1, values: [] }]],
    path: `${run} ${chain.slice(0, i + 1)}`,
  }));
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  const parts = a.findIndex((key, i) => key !== b[i]);
  return parts < 0 ? a.length : parts;
}

describe("a memo of prefixes", () => {
  test("with room for all recalls a chain up to where it parts with all that were kept of its run", () => {
    const property = fc.property(
      fc.array(fc.tuple(runs, chains), { maxLength: 12 }),
      runs,
      chains,
      (kept, run, chain) => {
        const memo = new PrefixMemo(2 ** 30);
        for (const [of, other] of kept) memo.keep(of, blocksOf(other), stepsOf(of, other));
        const longest = Math.max(0, ...kept.map(([of, other]) => (of === run ? commonLength(chain, other) : 0)));
        expect(memo.recall(run, blocksOf(chain))).toEqual(stepsOf(run, chain).slice(0, longest));
      },
    );
    fc.assert(property, { seed: 1 });
  });

  test("recalls only what is true of the chain, and all of the one that was kept last if there is room for it", () => {
    const rooms = fc.integer({ min: 1, max: 12 });
    const property = fc.property(rooms, fc.array(fc.tuple(runs, chains), { maxLength: 30 }), (room, kept) => {
      const memo = new PrefixMemo(room * 2000);
      for (const [run, chain] of kept) {
        const steps = stepsOf(run, chain);
        const recalled = memo.recall(run, blocksOf(chain));
        expect(recalled).toEqual(steps.slice(0, recalled.length));
        memo.keep(run, blocksOf(chain), [...recalled, ...steps.slice(recalled.length)]);
        if (chain.length <= room) expect(memo.recall(run, blocksOf(chain))).toEqual(steps);
      }
    });
    fc.assert(property, { seed: 2 });
  });

  test("lets the end of the chain leave that was not used for longest", () => {
    const memo = new PrefixMemo(4 * 2000);
    const [old, young] = [
      ["ibn", "ibn", "convnext"],
      ["ibn", "ibn", "encoder"],
    ] as const;
    memo.keep("one", blocksOf(old), stepsOf("one", old));
    memo.keep("one", blocksOf(young), stepsOf("one", young));
    memo.keep("one", blocksOf(["convnext"]), stepsOf("one", ["convnext"]));
    expect(memo.recall("one", blocksOf(old))).toHaveLength(2);
    expect(memo.recall("one", blocksOf(young))).toHaveLength(3);
  });
});
