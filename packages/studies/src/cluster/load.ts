/** @file Searches side by side that ask a service for scores, for some seconds: how many candidates they are told of. */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  architectureCosts,
  drive,
  type Evaluation,
  jsonText,
  type Search,
  type Settings,
  searchOf,
  settingsSchema,
} from "@esnas/core/internal";
import { type ScoringService, serviceEvaluator } from "esnas/dist/scoring/scoring-service.js";
import { AbandonedError } from "esnas/dist/scoring/worker-pool.js";
import { Study } from "esnas/dist/study/study.js";
import { withTemporaryFolder } from "../common/temporary-folder.js";

/** Alone, so that every candidate takes one forward run and nothing else. */
const METRIC = "entropic-score";
/** Milliseconds until all workers have something to do. */
const WARM_UP = 1000;

export interface Load {
  readonly searches: number;
  /** Milliseconds that are measured. */
  readonly milliseconds: number;
  /** Whether each search has a study, in which every candidate is written. */
  readonly isRecorded: boolean;
}

export interface Stoppable extends ScoringService {
  abandon(): Promise<void>;
}

/** Every candidate takes a forward run. */
export function settingsOf(seed: number): Settings {
  return settingsSchema.parse({
    space: "hybrid",
    spaceOptions: {},
    preset: null,
    constraints: {},
    algorithm: "joint",
    topologyMetric: METRIC,
    sizeMetric: METRIC,
    topologyBudget: "slack",
    cycles: 1,
    maxEvaluations: 1_000_000,
    seed,
  });
}

/** Candidates a second. */
export async function throughput(service: Stoppable, { searches, milliseconds, isRecorded }: Load): Promise<number> {
  return await withTemporaryFolder(async (folder) => {
    let told = 0;
    let isOver = false;
    const run = async (seed: number) => {
      const settings = settingsOf(seed);
      const search = searchOf(settings);
      const study = isRecorded ? studyIn(folder, settings) : undefined;
      try {
        await pursued(search, service, study, () => {
          told++;
          return isOver;
        });
      } finally {
        study?.close();
      }
    };
    const runs = Promise.all(Array.from({ length: searches }, (_, seed) => run(seed)));
    await pause(WARM_UP);
    const [before, begin] = [told, performance.now()];
    await pause(milliseconds);
    const rate = (1000 * (told - before)) / (performance.now() - begin);
    isOver = true;
    await service.abandon();
    await runs;
    return rate;
  });
}

function studyIn(folder: string, settings: Settings): Study {
  const path = join(folder, `${settings.seed}.sqlite`);
  Study.create(path, settings, "studies");
  return Study.open(path, "studies");
}

/** @param onTold Called for each candidate; true ends the search. */
async function pursued(
  { space, settings, start }: Search,
  service: ScoringService,
  study: Study | undefined,
  onTold: () => boolean,
): Promise<void> {
  let isOver = false;
  try {
    await drive(start(), {
      space,
      evaluator: serviceEvaluator(space, service, settings.seed),
      shouldStop: () => isOver,
      onEvaluation(evaluation: Evaluation, order: number) {
        isOver = onTold();
        if (study === undefined) return undefined;
        const { genotype } = evaluation.candidate;
        const costs = architectureCosts(space.build(genotype));
        study.append(order, { evaluation, genotype: jsonText(space, genotype), milliseconds: 0, ...costs });
        return undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof AbandonedError)) throw error;
  }
}
