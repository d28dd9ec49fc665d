/** @file A call that spreads an array puts it on the stack, which holds some 100,000 values: what may be long is not spread. */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { largest, smallest } from "../packages/core/src/base/extremes.js";

const PACKAGES = resolve(import.meta.dirname, "../packages");

const SPREAD = /Math\.(?:max|min)\([^()]*\.\.\.|\.(?:push|unshift|splice)\((?:[^(){}]*, )?\.\.\.|fromCharCode\(\.\.\./;

/** A character a gene of a space, whose genes this program has written. */
const GENES = ["core/src/spaces/identity.ts", "core/src/blocks/nats-cell.ts"];

test("no call of the program spreads an array that a file or a study may have made long", () => {
  const spreading = ["core/src", "cli/src", "studio/src"].flatMap((folder) =>
    (readdirSync(join(PACKAGES, folder), { recursive: true }) as string[])
      .map((path) => join(folder, path))
      .filter((path) => /\.tsx?$/.test(path) && !/\.test\.ts$|\/testing\/|extremes\.ts$/.test(path))
      .filter((path) => SPREAD.test(readFileSync(join(PACKAGES, path), "utf8"))),
  );
  expect(spreading.filter((path) => !GENES.includes(path))).toEqual([]);
});

test("extremes of a million values are those of Math.max and Math.min", () => {
  const values = Float64Array.from({ length: 1e6 }, (_, i) => Math.sin(i));
  const sorted = values.toSorted();
  expect([smallest(values), largest(values)]).toEqual([sorted[0], sorted.at(-1)]);
  expect([smallest([]), largest([])]).toEqual([Math.min(), Math.max()]);
  expect(largest([1, Number.NaN, 2])).toBeNaN();
});
