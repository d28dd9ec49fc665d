/**
 * @file A process that makes a search whose scores cost nothing, in the folder of a run, and tells of itself as it goes: it is there to
 * be killed, and started again. It ends as `esnas search` does, with the files of its result.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  defaultAlgorithmOptions,
  type Evaluator,
  familyBudgets,
  keyOf,
  type Settings,
  type Space,
  searchOf,
} from "@esnas/core/internal";
import { driveRun, finish } from "esnas/dist/run/drive-run.js";
import { createRun, openRun } from "esnas/dist/run/run-folder.js";
import { STUDY_FILE } from "esnas/dist/study/study.js";
import { version } from "esnas/dist/version.js";

/** What the process tells of itself, a line of JSON each. */
export interface Mark {
  readonly candidates: number;
  /** Since the process began. */
  readonly seconds: number;
  /** Bytes of the process in memory, of its live objects, and of the files of the study. */
  readonly resident: number;
  readonly live: number;
  readonly stored: number;
}

const [folder = "", evaluations = "", every = ""] = process.argv.slice(2);
const settings: Settings = {
  space: "hybrid",
  spaceOptions: {},
  preset: "s0",
  constraints: familyBudgets.s0,
  algorithm: "cyclic",
  topologyMetric: "entropic-score",
  sizeMetric: "logsynflow",
  ...defaultAlgorithmOptions,
  maxEvaluations: Number(evaluations),
  seed: 0,
};

/** Smooth enough to be climbed, with a part by the network alone: a pure function of the genotype. */
function simulated(space: Space): Evaluator {
  return {
    evaluate({ genotype, metrics }) {
      const key = keyOf(space, genotype);
      let hash = 0x811c9dc5;
      let sum = 0;
      for (let i = 0; i < key.length; i++) {
        const code = key.charCodeAt(i);
        hash = Math.imul(hash ^ code, 0x01000193);
        sum += code;
      }
      const score = sum + ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
      return Object.fromEntries(metrics.map(({ id }) => [id, score]));
    },
  };
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function tell(candidates: number): void {
  const resident = process.memoryUsage.rss();
  globalThis.gc?.();
  const study = join(folder, STUDY_FILE);
  const mark: Mark = {
    candidates,
    seconds: performance.now() / 1000,
    resident,
    live: process.memoryUsage().heapUsed,
    stored: sizeOf(study) + sizeOf(`${study}-wal`),
  };
  process.stdout.write(`${JSON.stringify(mark)}\n`);
}

const study = existsSync(folder) ? openRun(folder, version) : createRun(folder, settings, version);
try {
  const search = searchOf(study.settings);
  const run = { folder, study, search, evaluator: simulated(search.space), workers: 1 };
  let candidates = 0;
  const outcome = await driveRun(run, search.start(), {
    turn: 50,
    shouldStop: () => false,
    onEvaluation() {
      if (++candidates % Number(every) === 0) tell(candidates);
    },
  });
  if (outcome !== undefined) await finish(run, outcome);
  tell(candidates);
} finally {
  study.close();
}
