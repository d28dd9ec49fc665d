/** @file Databases that anyone may have written: each works, or is told of in one line. More rounds of the same are in `test/fuzz/databases.slow.test.ts`. */

import { describe, test } from "vitest";
import { fuzzScores, fuzzStudies, fuzzSweeps } from "../fuzz/databases.js";

const ROUNDS = 24;

describe("damaged at random, page by page and value by value,", () => {
  test("a study works or is refused, and its history stays", () => fuzzStudies(ROUNDS));
  test("a database of scores works or is refused", () => fuzzScores(ROUNDS));
  test("the database of a sweep works or is refused", () => fuzzSweeps(ROUNDS));
});
