/**
 * @file Damaged databases of the three kinds as the program meets them. Whatever is damaged: it works, or there is one line for the user, and
 * no history is other than it was. Where native code ends the process, the test's own process ends.
 */

import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Evaluator, searchOf } from "@esnas/core/internal";
import fc from "fast-check";
import Database from "libsql";
import { expect } from "vitest";
import { readRuns } from "../../packages/cli/dist/analysis/finished-runs.js";
import { ScoreStore } from "../../packages/cli/dist/benchmark/score-store.js";
import { driveRun } from "../../packages/cli/dist/run/drive-run.js";
import { openRun } from "../../packages/cli/dist/run/run-folder.js";
import { ServedRuns } from "../../packages/cli/dist/studio/served-runs.js";
import { STUDY_FILE } from "../../packages/cli/dist/study/study.js";
import { SweepDatabase } from "../../packages/cli/dist/sweep/database.js";
import { openSweep, SWEEP_FILE } from "../../packages/cli/dist/sweep/sweep-folder.js";
import { version } from "../../packages/cli/dist/version.js";
import { stdoutOf, temporaryFolder } from "../cli/esnas.js";
import { type Damage, pageDamage, schemaDamage, valueDamage } from "./damage.js";

/** Scores without a runtime, as of a genotype and so the same each time. */
const evaluator: Evaluator = {
  evaluate: ({ genotype, metrics }) =>
    Object.fromEntries(
      metrics.map(({ id }, i) => [
        id,
        genotype.reduce<number>((sum, gene, at) => sum + Number(gene) * (at + i + 1), 0),
      ]),
    ),
};

const quiet = { onEvaluation() {}, shouldStop: () => false, turn: Number.POSITIVE_INFINITY };

/** Drives the run in a folder to its end. */
async function resume(folder: string): Promise<void> {
  const study = openRun(folder, version);
  try {
    const search = searchOf(study.settings);
    await driveRun({ folder, study, search, evaluator, workers: 1 }, search.start(), quiet);
  } finally {
    study.close();
  }
}

/** Whether it works; what is thrown has to be for the user, in one line. */
async function works(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    expect((error as Error).name, (error as Error).stack).toMatch(/^(Input|Infeasible|Graph|Esnas)Error$/);
    expect((error as Error).message.length).toBeLessThan(5000);
    return false;
  }
}

/** What a history consists of, with text as bytes in hexadecimal. */
function historyOf(study: string): unknown[] {
  const db = new Database(study);
  try {
    // A view may go on for ever.
    const table = db
      .prepare("SELECT COUNT(*) AS n FROM sqlite_schema WHERE type = 'table' AND name = 'candidates'")
      .get();
    if ((table as { n: number }).n !== 1) return [];
    return db.prepare("SELECT id, hex(phase), hex(cycle), hex(genotype) FROM candidates ORDER BY id").raw().all();
  } catch {
    return [];
  } finally {
    db.close();
  }
}

async function check(
  damages: fc.Arbitrary<Damage>,
  rounds: number,
  round: (damage: Damage) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(damages, round), { numRuns: rounds });
}

const STUDY_TABLES = {
  study: ["key", "value"],
  candidates: ["id", "phase", "cycle", "genotype", "scores", "parameters", "macs"],
  timings: ["id", "milliseconds"],
};

/** A finished run. */
async function finishedRun(): Promise<string> {
  const cwd = temporaryFolder();
  const flags = "--max-evaluations 40 --topology-metric entropic-score-analytic".split(" ");
  await stdoutOf(cwd, "search", ...flags, "--out", "run");
  return join(cwd, "run");
}

/** Looks at damaged studies as `search --resume`, `analyze` and the studio do. */
export async function fuzzStudies(rounds: number): Promise<void> {
  const folder = await finishedRun();
  const study = join(folder, STUDY_FILE);
  const whole = join(temporaryFolder(), "whole.sqlite");
  copyFileSync(study, whole);
  const before = historyOf(whole);
  expect(before.length).toBeGreaterThan(20);
  expect(await works(() => resume(folder))).toBe(true);
  const damages = fc.oneof(pageDamage, valueDamage(STUDY_TABLES), schemaDamage(Object.keys(STUDY_TABLES)));
  await check(damages, rounds, async (damage) => {
    for (const left of ["", "-journal", "-wal", "-shm"]) rmSync(study + left, { force: true });
    copyFileSync(whole, study);
    damage(study);
    const damaged = historyOf(study);
    const served = new ServedRuns([folder]);
    const { runs, unreadable } = served.list();
    expect(runs.length + unreadable.length).toBe(1);
    for (const { id } of runs) await works(() => served.rows(id, 0, 2000));
    await works(() => readRuns([folder], 5));
    const isResumed = await works(() => resume(folder));
    if (isResumed) expect(damaged).toEqual(before.slice(0, damaged.length));
    expect(historyOf(study).slice(0, damaged.length)).toEqual(damaged);
  });
}

const SCORE_TABLES = {
  scopes: ["id", "space", "metric", "seed", "program"],
  scores: ["scope", "architecture", "score", "reason"],
};

/** Reads damaged databases of scores, and puts scores into them. */
export async function fuzzScores(rounds: number): Promise<void> {
  const cwd = temporaryFolder();
  const [whole, path] = [join(cwd, "whole.sqlite"), join(cwd, "scores.sqlite")];
  const scopes = ["naswot", "meco"].map((metric) => ({ space: "{}", metric, seed: 0, program: "test" }));
  const use = (file: string) => {
    const store = ScoreStore.open(file);
    try {
      for (const scope of scopes) {
        const id = store.scope(scope);
        const known = store.read(id);
        for (const [architecture, score] of known) {
          expect(typeof architecture).toBe("string");
          expect(typeof score === "number" || typeof score.reason === "string").toBe(true);
        }
        for (let i = 0; i < 300; i++) {
          if (!known.has(`a${i}`)) store.put(id, `a${i}`, i % 7 === 0 ? { value: null, reason: "none" } : i / 3);
        }
      }
      store.write();
    } finally {
      store.close();
    }
  };
  use(whole);
  await check(
    fc.oneof(pageDamage, valueDamage(SCORE_TABLES), schemaDamage(Object.keys(SCORE_TABLES))),
    rounds,
    async (damage) => {
      for (const left of ["", "-journal", "-wal", "-shm"]) rmSync(path + left, { force: true });
      copyFileSync(whole, path);
      damage(path);
      await works(() => use(path));
    },
  );
}

const SWEEP_TABLES = {
  sweep: ["key", "value"],
  groups: ["id", "name", "varied", "settings"],
  searches: ["id", "group_id", "seed", "folder", "summary"],
  candidates: ["search", "id", "phase", "cycle", "genotype", "scores", "parameters", "macs"],
  timings: ["search", "id", "milliseconds"],
};

/** Opens damaged databases of a sweep, and takes a search into them. */
export async function fuzzSweeps(rounds: number): Promise<void> {
  const run = await finishedRun();
  const folder = temporaryFolder();
  const [whole, path] = [join(folder, "whole.sqlite"), join(folder, SWEEP_FILE)];
  const study = openRun(run, version);
  const { settings } = study;
  study.close();
  const summary = JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));
  SweepDatabase.create(whole, [{ name: "1-a", varied: {}, settings, seeds: [0, 1, 2] }], version);
  const end = (id: number, database: SweepDatabase) => database.end(id, join(run, STUDY_FILE), summary);
  copyFileSync(whole, path);
  const first = openSweep(folder, version);
  for (const id of [1, 2]) end(id, first);
  first.close();
  copyFileSync(path, whole);
  await check(
    fc.oneof(pageDamage, valueDamage(SWEEP_TABLES), schemaDamage(Object.keys(SWEEP_TABLES))),
    rounds,
    async (damage) => {
      for (const left of ["", "-journal", "-wal", "-shm", "-lock"]) rmSync(path + left, { force: true });
      copyFileSync(whole, path);
      damage(path);
      await works(() => {
        const database = openSweep(folder, version);
        try {
          for (const search of database.searches()) {
            expect(search.folder).toMatch(/^runs.1-a.seed\d+$/);
            if (search.summary === undefined) end(search.id, database);
          }
        } finally {
          database.close();
        }
      });
    },
  );
}
