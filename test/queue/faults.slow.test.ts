/** @file Searches by way of a queue have the history of an undisturbed one, whatever is killed. `npm run faults` makes a hundred rounds. */

import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, resultOf, stdoutOf, temporaryFolder } from "../cli/esnas.js";
import { faultRound, LIMIT, SEARCH } from "./faults.js";
import { hasRedis, NO_REDIS } from "./redis.js";

const rounds = Number(process.env.ESNAS_FAULT_ROUNDS ?? 6);
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

describe.skipIf(!hasRedis)(
  "a search during which a worker is killed, one hangs, Redis and the search are killed, and Redis is emptied and full",
  () => {
    const cwd = temporaryFolder();
    beforeAll(() => stdoutOf(cwd, ...SEARCH, "--out", "undisturbed"));

    // Side by side: they mostly wait, for locks to expire, connections to come back, and their turn.
    test.concurrent.each(Array.from({ length: rounds }, (_, seed) => seed))(
      "has the history of an undisturbed one (seed %i)",
      async (seed) => {
        const { run, faults, milliseconds, kept } = await faultRound(cwd, seed);
        if (rounds > 10) process.stdout.write(`${seed}: ${Math.round(milliseconds)} ms; ${faults.join("; ")}\n`);
        expect(candidatesOf(run), faults.join("; ")).toEqual(candidatesOf(join(cwd, "undisturbed")));
        expect(resultOf(run)).toEqual(resultOf(join(cwd, "undisturbed")));
        expect(kept).toEqual([]);
      },
      rounds * LIMIT,
    );
  },
);
