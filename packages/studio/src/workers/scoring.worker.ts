/** @file Forward runs of a search, in one of several workers: each has its own WebAssembly, and gives the same scores. */

import {
  genotypeOfCode,
  isForward,
  type Metric,
  metricsOfAll,
  Scorer,
  type Scores,
  type Settings,
  searchOf,
} from "@esnas/core/internal";
import { expose } from "comlink";
import { webRuntime } from "./web-runtime.js";

interface Begun {
  readonly scorer: Scorer;
  readonly metrics: readonly Metric[];
  readonly space: ReturnType<typeof searchOf>["space"];
}

let begun: Begun | undefined;

const scoring = {
  begin(settings: Settings): void {
    const { space, problem } = searchOf(settings);
    const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
    begun = { space, metrics, scorer: new Scorer(webRuntime(), { seed: settings.seed }) };
  },

  /**
   * @param genes Indices of the values of a candidate.
   * @param ids Of metrics that run it.
   */
  scores(genes: readonly number[], ids: readonly string[]): Promise<Scores> {
    if (begun === undefined) throw new Error("scores are asked for before the search is known");
    const { scorer, space, metrics } = begun;
    const asked = metrics.filter((metric) => ids.includes(metric.id) && isForward(metric));
    return scorer.scores(space.build(genotypeOfCode(space, genes)), asked);
  },
};

export type ScoringWorker = typeof scoring;

expose(scoring);
