/** @file The plain data behind the views, without a browser. */

import { codeOf, genotypeOfCode, hybridSpace, jsonText, type Scores, sample, seededRandom } from "@esnas/core/internal";
import { effect, signal } from "@preact/signals";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BestFollower, batchOf, type CandidateRow, CandidateTable } from "./candidates.js";
import { choicesOf, edited } from "./edits.js";
import { designOfLink, linkOf } from "./genotypes.js";
import { type Better, paretoFront } from "./pareto.js";
import { recordedOf } from "./recorded.js";
import { routeOf } from "./route.js";
import { ShareCounter } from "./shares.js";
import { slowed } from "./slowed.js";
import { beginning, changed, redone, undone } from "./undo.js";
import { stepBy } from "./walk.js";

const space = hybridSpace();
const METRICS = ["entropic-score", "logsynflow"];

const score = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.record({ value: fc.constant(null), reason: fc.string() }),
);

/** Candidates of a search: each is scored by the metric of its phase. */
const rows: fc.Arbitrary<CandidateRow[]> = fc.array(
  fc.record({ seed: fc.nat(), isTopology: fc.boolean(), cycle: fc.integer({ min: 1, max: 3 }), score }).map(
    ({ seed, isTopology, cycle, score: given }): CandidateRow => ({
      genes: codeOf(space, sample(space, seededRandom(seed))),
      phase: isTopology ? "topology" : "size",
      cycle,
      parameters: seed,
      macs: 2 * seed,
      milliseconds: 1.5,
      scores: { [isTopology ? "entropic-score" : "logsynflow"]: given },
    }),
  ),
  { maxLength: 40 },
);

/** The rows in a table, by batches. */
function tableOf(all: readonly CandidateRow[], perBatch: number): CandidateTable {
  const table = new CandidateTable(space.genes.length, METRICS);
  for (let from = 0; from < all.length; from += perBatch) {
    table.append(batchOf(from, all.slice(from, from + perBatch), METRICS));
  }
  return table;
}

describe("candidates in columns", () => {
  test("are told again as they were made, whatever the batches", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (all, perBatch) => {
        const recorded = [...recordedOf(space, tableOf(all, perBatch))];
        expect(recorded).toEqual(
          all.map(({ genes, phase, cycle, milliseconds, scores }) => {
            const genotype = jsonText(space, genotypeOfCode(space, genes));
            return { genotype, phase, cycle, milliseconds, scores: scores as Scores };
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  test("have the best of the last phase followed, whenever it is asked for", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (all, perBatch) => {
        const table = new CandidateTable(space.genes.length, METRICS);
        const follower = new BestFollower(table, { "entropic-score": "maximize", logsynflow: "maximize" });
        for (let from = 0; from < all.length; from += perBatch) {
          table.append(batchOf(from, all.slice(from, from + perBatch), METRICS));
          follower.best();
        }
        const last = all.at(-1);
        if (last === undefined) {
          expect(follower.best()).toBeUndefined();
          return;
        }
        const first = all.findLastIndex(({ phase, cycle }) => phase !== last.phase || cycle !== last.cycle) + 1;
        const merits = all.slice(first).map(({ scores }) => {
          const [given] = Object.values(scores);
          return typeof given === "number" ? given : Number.NEGATIVE_INFINITY;
        });
        expect(follower.best()).toBe(first + merits.indexOf(Math.max(...merits)));
      }),
      { numRuns: 60 },
    );
  });

  test("that do not come next are refused", () => {
    const table = new CandidateTable(space.genes.length, METRICS);
    expect(() => table.append(batchOf(3, [], METRICS))).toThrow("does not follow");
  });

  test("count as many blocks as they have", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const counter = new ShareCounter(space, 100);
        counter.take(tableOf(all, 7));
        const counted = counter.stages.flatMap(({ kinds }) => [...kinds.values()].flatMap((column) => [...column]));
        const depths = all.flatMap(({ genes }) => {
          const genotype = genotypeOfCode(space, genes);
          return space.genes.flatMap(({ name }, i) => (name.endsWith(".depth") ? [Number(genotype[i])] : []));
        });
        expect(counted.reduce((sum, n) => sum + n, 0)).toBe(depths.reduce((sum, n) => sum + n, 0));
      }),
      { numRuns: 20 },
    );
  });
});

describe("keys in a chart", () => {
  const xs = [5, 1, 3, 2, 4];
  const walk = { front: [1, 2, 0], xs, count: xs.length };

  test("go along the front from wherever they are, and stay at its ends", () => {
    expect(stepBy("ArrowRight", { ...walk, chosen: undefined })).toBe(1);
    expect(stepBy("ArrowRight", { ...walk, chosen: 1 })).toBe(2);
    expect(stepBy("ArrowRight", { ...walk, chosen: 3 })).toBe(2);
    expect(stepBy("ArrowRight", { ...walk, chosen: 0 })).toBe(0);
    expect(stepBy("ArrowLeft", { ...walk, chosen: 4 })).toBe(2);
    expect(stepBy("ArrowLeft", { ...walk, chosen: 1 })).toBe(1);
    expect(stepBy("Home", { ...walk, chosen: 4 })).toBe(1);
    expect(stepBy("End", { ...walk, chosen: undefined })).toBe(0);
  });

  test("go through candidates in order, and mean nothing otherwise", () => {
    expect(stepBy("ArrowUp", { ...walk, chosen: undefined })).toBe(0);
    expect(stepBy("ArrowUp", { ...walk, chosen: 4 })).toBe(4);
    expect(stepBy("ArrowDown", { ...walk, chosen: 3 })).toBe(2);
    expect(stepBy("Tab", { ...walk, chosen: 3 })).toBeUndefined();
  });
});

describe("a link", () => {
  test("carries any design, of spaces with options too", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom({}, { classes: 10 }, { input: [3, 128, 128] as [number, number, number] }),
        (seed, options) => {
          const own = hybridSpace(options);
          const genotype = sample(own, seededRandom(seed));
          const link = linkOf({ space: own, genotype });
          expect(link).toMatch(/^[\w-]+$/);
          const read = designOfLink(routeOf(`#/change?g=${link}`).link ?? "");
          expect(jsonText(read.space, read.genotype)).toBe(jsonText(own, genotype));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("that is anything else is refused in words", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => btoa(unescape(encodeURIComponent(json)))),
        ),
        (text) => {
          expect(() => designOfLink(text)).toThrow(/link|space/);
        },
      ),
    );
  });
});

describe("undo and redo", () => {
  test("go back to where they came from", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat({ max: 10 }), (changes, times) => {
        const all = changes.reduce((timeline, next) => changed(timeline, next), beginning(0));
        const steps = Math.min(times, changes.length);
        let timeline = all;
        for (let i = 0; i < steps; i++) timeline = undone(timeline);
        expect(timeline.present).toBe([0, ...changes][changes.length - steps]);
        for (let i = 0; i < times; i++) timeline = redone(timeline);
        expect(timeline).toEqual(all);
      }),
    );
  });
});

describe("the front", () => {
  test("holds what no other point beats, and nothing else", () => {
    const point = fc.tuple(
      fc.integer({ min: 0, max: 20 }),
      fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.NaN)),
    );
    const sense = fc.constantFrom("less" as const, "more" as const);
    fc.assert(
      fc.property(fc.array(point), sense, sense, (points, x, y) => {
        const [xs, ys] = [points.map((at) => at[0]), points.map((at) => at[1])];
        const front = paretoFront(xs, ys, points.length, { x, y });
        const merit = (better: Better["x"], value = 0) => (better === "more" ? value : -value);
        const beaten = (i: number) =>
          points.some((other, j) => {
            const across = merit(x, other[0]) - merit(x, xs[i]);
            const up = merit(y, other[1]) - merit(y, ys[i]);
            return across >= 0 && up >= 0 && (across > 0 || up > 0 || j < i);
          });
        expect(front.toSorted((a, b) => a - b)).toEqual(
          [...points.keys()].filter((i) => !Number.isNaN(ys[i]) && !beaten(i)),
        );
      }),
    );
  });
});

describe("what is followed slowly", () => {
  test("is known at once after a rest, and at its last in the end", async () => {
    const source = signal(0);
    const followed = slowed(source, 20);
    const told: number[] = [];
    const stop = effect(() => {
      told.push(followed.value);
    });
    for (const value of [1, 2, 3, 4, 5]) source.value = value;
    expect(told).toEqual([0, 1]);
    await new Promise((done) => setTimeout(done, 60));
    stop();
    expect(told).toEqual([0, 1, 5]);
  });
});

describe("changes of a block", () => {
  test("are offered of genes that matter, and lead to networks of the space", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (seed, which, to) => {
        const genotype = sample(space, seededRandom(seed));
        const blocks = space.build(genotype).blocks.map(({ name }) => name);
        const block = blocks[which % blocks.length] ?? "";
        const choices = choicesOf({ space, genotype }, block);
        expect(choices.length > 0).toBe(block !== "head");
        for (const { gene, values, value } of choices) {
          expect(genotype[gene]).toBe(value);
          const next = values[to % values.length] ?? value;
          const other = space.build(edited(genotype, gene, next));
          if (next !== value) expect(other).not.toEqual(space.build(genotype));
        }
      }),
      { numRuns: 40 },
    );
  });
});
