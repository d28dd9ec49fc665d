/** @file What is seen of a search on a terminal while it runs. */

import {
  big,
  costWords,
  count,
  duration,
  type Evaluation,
  type Front,
  type FrontPoint,
  FrontProgress,
  grouped,
  mostEvaluations,
  type Outcome,
  type ProgressReport,
  SearchProgress,
  type Settings,
  scoreText,
  type ToldCosts,
} from "@esnas/core/internal";

/** Takes note of evaluations, and shows where a search stands that ends with a `T`. */
export interface SearchView<T> {
  note(evaluation: Evaluation, costs: ToldCosts, milliseconds: number): void;
  lines(): string[];
  /** Why it has ended. */
  ending(result: T): string;
}

const endings: Readonly<Record<Outcome["reason"], string>> = {
  evaluations: "all evaluations are made",
  converged: "a whole cycle changed nothing",
  exhausted: "nothing new was left to try",
};

export function searchView(settings: Settings, workers: () => number): SearchView<Outcome> {
  const told = new SearchProgress(settings);
  return {
    note: (...evaluation) => told.note(...evaluation),
    lines: () => progressLines(settings, told.report(), workers),
    ending: ({ reason }) => endings[reason],
  };
}

export function frontView(settings: Settings, front: Front, workers: () => number): SearchView<readonly FrontPoint[]> {
  const { cost, budgets } = front;
  const told = new FrontProgress(settings, front);
  return {
    note: (...evaluation) => told.note(...evaluation),
    lines() {
      const report = told.report();
      const [first = "", ...others] = progressLines(settings, report, workers);
      if (report === undefined) return [first];
      const where = `point ${report.point} of ${budgets.length}, at most ${big(report.budget)} ${costWords[cost]}`;
      return [`${where}: ${first}`, ...others];
    },
    ending: (points) => `models for ${points.length} budgets`,
  };
}

function progressLines(settings: Settings, report: ProgressReport | undefined, workers: () => number): string[] {
  if (report === undefined) return ["starting"];
  const { algorithm, cycles } = settings;
  const { phase, cycle, done, rate, secondsLeft, scores, best } = report;
  const where = algorithm === "cyclic" ? `cycle ${cycle} of ${cycles}, ${phase} phase` : phase;
  return [
    `${where}, about ${duration(secondsLeft)} left`,
    `${grouped(done)} of at most ${grouped(mostEvaluations(settings))} candidates, ${grouped(Math.round(rate))} a second by ${count(workers(), "worker")}`,
    ...[...scores].map(([id, score]) => `best ${id} of this phase ${scoreText(score)}`),
    `with ${big(best.parameters)} parameters, ${big(best.macs)} MACs`,
  ];
}
