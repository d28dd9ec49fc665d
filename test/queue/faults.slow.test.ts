/** @file Ten rounds of faults of a search by way of a queue, of which the quick suite makes two. */

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, resultOf, stdoutOf, temporaryFolder } from "../cli/esnas.js";
import { faultRound, LIMIT, SEARCH } from "./faults.js";
import { hasRedis, NO_REDIS } from "./redis.js";

const ROUNDS = 10;
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

describe.skipIf(!hasRedis)("a search by way of a queue", () => {
  const cwd = temporaryFolder();
  beforeAll(() => stdoutOf(cwd, ...SEARCH, "--out", "undisturbed"));

  test.concurrent.each(Array.from({ length: ROUNDS }, (_, i) => 1000 + i))(
    "has the history of an undisturbed one, whatever becomes of workers and Redis (seed %i)",
    async (seed) => {
      const { run, faults, kept } = await faultRound(cwd, seed);
      expect(candidatesOf(run), faults.join("; ")).toEqual(candidatesOf(join(cwd, "undisturbed")));
      expect(resultOf(run)).toEqual(resultOf(join(cwd, "undisturbed")));
      expect(kept).toEqual([]);
    },
    // They wait for their turn.
    ROUNDS * LIMIT,
  );
});
