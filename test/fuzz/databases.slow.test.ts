/** @file Many rounds of `test/cli/hostile-databases.test.ts`. */

import { test } from "vitest";
import { fuzzScores, fuzzStudies, fuzzSweeps } from "./databases.js";

const ROUNDS = 500;
const LIMIT = 20 * 60_000;

test("500 damaged studies work or are refused, and their histories stay", () => fuzzStudies(ROUNDS), LIMIT);
test("500 damaged databases of scores work or are refused", () => fuzzScores(ROUNDS), LIMIT);
test("500 damaged databases of sweeps work or are refused", () => fuzzSweeps(ROUNDS), LIMIT);
