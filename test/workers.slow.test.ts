/** @file Workers of the built command line: they score as this thread does, and what becomes of those that die. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  type Candidate,
  drive,
  type Evaluator,
  type Genotype,
  InputError,
  localEvaluator,
  metricOf,
  objectiveOf,
  onnxRuntime,
  randomSearch,
  Scorer,
  type Scores,
  sample,
  seededRandom,
} from "@esnas/core/internal";
import { evaluatorConformance } from "@esnas/core/testing";
import * as ort from "onnxruntime-node";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { scoresByWorkers, workersEvaluator } from "../packages/cli/src/scoring/scoring-service.js";
import { WorkerDeathError, type WorkerPool, workerPool } from "../packages/cli/src/scoring/worker-pool.js";
import { smallSpace as space } from "./fakes/search.js";

const WORKER = new URL("../packages/cli/dist/scoring/worker.js", import.meta.url);
const DYING = new URL("./fakes/dying-worker.js", import.meta.url);
const SEED = 3;
const runtime = onnxRuntime(ort);

const pools: WorkerPool[] = [];
function poolOf(workers: number, script: URL): WorkerPool {
  const pool = workerPool(workers, { script });
  pools.push(pool);
  return pool;
}
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

describe("an evaluator of two workers", () => {
  const pool = workerPool(2, { script: WORKER });
  afterAll(() => pool.close());
  const checks = evaluatorConformance("it", (of, seed) => workersEvaluator(of, pool, seed), runtime);
  for (const { name, run } of checks) test(name, run);
});

const folder = mkdtempSync(join(tmpdir(), "esnas-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

type End = "abort" | "kill" | "exit";

/** Says of which genotypes workers die from now on. */
function dieOf(faults: readonly (readonly [Genotype | undefined, End, number])[]): void {
  process.env.DYING_WORKER = JSON.stringify({
    folder: mkdtempSync(join(folder, "deaths-")),
    faults: Object.fromEntries(faults.map(([genotype, end, times]) => [JSON.stringify(genotype), { end, times }])),
  });
}
beforeEach(() => dieOf([]));
afterAll(() => {
  delete process.env.DYING_WORKER;
});

/** The candidates of a random search, with their scores. */
async function historyOf(evaluator: Evaluator): Promise<{ genotype: Genotype; scores: Scores }[]> {
  const history: { genotype: Genotype; scores: Scores }[] = [];
  const objective = objectiveOf("entropic-score");
  const problem = {
    space,
    constraints: {},
    seed: SEED,
    topologyObjective: objective,
    sizeObjective: objective,
    maxEvaluations: 24,
  };
  await drive(randomSearch(problem), {
    space,
    evaluator,
    onEvaluation: ({ candidate: { genotype }, scores }) => {
      history.push({ genotype, scores });
    },
  });
  return history;
}

async function undisturbed(): Promise<{ genotype: Genotype; scores: Scores }[]> {
  const scorer = new Scorer(runtime, { seed: SEED });
  const history = await historyOf(localEvaluator(space, scorer));
  await scorer.release();
  return history;
}

describe("workers that die", () => {
  test.each([3])("are replaced, of %i, and the history is that of an undisturbed search", async (workers) => {
    const expected = await undisturbed();
    dieOf([
      [expected[0]?.genotype, "kill", 2],
      [expected[5]?.genotype, "abort", 1],
      [expected[6]?.genotype, "exit", 1],
      [expected[23]?.genotype, "kill", 1],
    ]);
    expect(await historyOf(workersEvaluator(space, poolOf(workers, DYING), SEED))).toEqual(expected);
  });

  test.each([1])(
    "three times, of %i, of one network leave it without a score, and the search goes on",
    async (workers) => {
      const expected = await undisturbed();
      const reasons: Readonly<Record<number, string>> = {
        4: "3 workers died of it, the last by SIGKILL",
        23: "3 workers died of it, the last with exit code 7",
      };
      dieOf([
        [expected[4]?.genotype, "kill", 4],
        [expected[23]?.genotype, "exit", 4],
      ]);
      expect(await historyOf(workersEvaluator(space, poolOf(workers, DYING), SEED))).toEqual(
        expected.map(({ genotype, scores }, i) => {
          const reason = reasons[i];
          return { genotype, scores: reason === undefined ? scores : { "entropic-score": { value: null, reason } } };
        }),
      );
    },
  );

  test("of one of several networks that were sent together leave the others their scores", async () => {
    const random = seededRandom(1);
    const genotypes = Array.from({ length: 4 }, () => sample(space, random));
    const task = {
      space: { name: space.name, options: space.options },
      genotypes,
      columns: [{ metric: "entropic-score", seed: SEED }],
    };
    const expected = await scoresByWorkers(poolOf(1, WORKER), task);
    dieOf([[genotypes[2], "abort", 6]]);
    const made = await scoresByWorkers(poolOf(2, DYING), task);
    const reason = "3 workers died of it, the last by SIGABRT";
    expect(made).toEqual(expected.with(2, { scores: [{ value: null, reason }], hasFailed: true }));
  });

  test("while they have nothing to do are replaced, and are no fault of the next network", async () => {
    const pool = poolOf(2, DYING);
    const pidOf = async () => ((await pool.run("statistics", { ...nothing })) as unknown as { pid: number }).pid;
    const pids = new Set([await pidOf()]);
    for (let i = 0; i < 3; i++) {
      const last = [...pids].at(-1);
      if (last !== undefined) process.kill(last, "SIGKILL");
      await pause(100);
      pids.add(await pidOf());
    }
    expect(pids.size).toBe(4);
  });

  test("before they begin end the work with an error that says so", async () => {
    const script = join(folder, "no-worker.js");
    writeFileSync(script, "process.exit(9);\n");
    const run = poolOf(2, pathToFileURL(script)).run("score", { ...nothing, space, genotypes: [], columns: [] });
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(/worker processes do not start: with exit code 9/);
  });
});

const nothing = {
  merits: [],
  accuracies: new Float64Array(),
  costs: { parameters: new Float64Array(), macs: new Float64Array() },
  resamples: 1,
  seed: 0,
};

test("a pool that has done nothing is closed, and one whose workers are dead", async () => {
  await workerPool(2, { script: WORKER }).close();
  const pool = workerPool(1, { script: DYING });
  const random = seededRandom(2);
  const genotype = sample(space, random);
  dieOf([[genotype, "kill", 3]]);
  const task = { space: { name: space.name, options: space.options }, genotypes: [genotype], columns: [] };
  await expect(pool.run("score", task)).rejects.toThrow(WorkerDeathError);
  await pool.close();
});

test("an error in a worker is thrown with its message", async () => {
  const evaluator = workersEvaluator(space, poolOf(1, WORKER), SEED);
  const candidate: Candidate = {
    genotype: sample(space, seededRandom(1)),
    phase: "test",
    cycle: 1,
    metrics: [{ ...metricOf("naswot"), id: "nonsense" }],
  };
  await expect(evaluator.evaluate(candidate)).rejects.toThrow(/unknown metric "nonsense"/);
});
