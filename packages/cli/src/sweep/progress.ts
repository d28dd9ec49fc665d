/** @file What is seen of a sweep on a terminal while it runs: all of it, then the searches that are under way. */

import {
  count,
  duration,
  type Evaluation,
  grouped,
  largest,
  type ProgressReport,
  SearchProgress,
  type ToldCosts,
} from "@esnas/core/internal";
import type { Summary } from "../run/summary.js";
import type { EndedSearch, SweptSearch } from "./database.js";
import type { SearchesObserver } from "./run-searches.js";

/** Milliseconds over which the rate of candidates is taken. */
const WINDOW = 10_000;
/** Candidates from which nothing is foretold: workers are starting. */
const FEW = 25;
/** Searches under way that are shown. */
const MOST_LINES = 8;

interface UnderWay {
  readonly search: SweptSearch;
  readonly progress: SearchProgress;
  /** Milliseconds of its evaluations, those of earlier processes too. */
  spent: number;
}

interface Reported {
  readonly search: SweptSearch;
  readonly spent: number;
  readonly report: ProgressReport | undefined;
}

export class SweepProgress implements SearchesObserver {
  readonly #searches: readonly SweptSearch[];
  readonly #workers: () => number;
  readonly #underWay = new Map<number, UnderWay>();
  /** Of searches that have ended: milliseconds an evaluation that they were allowed. */
  readonly #paces: number[] = [];
  #ended = 0;
  #candidates = 0;
  /** Evaluations that are allowed to searches that have not begun. */
  #waiting = 0;
  /** Times of candidates of late, and how many there had been by then. */
  readonly #recent: { readonly at: number; readonly candidates: number }[] = [];

  /** @param workers How many score now. */
  constructor(searches: readonly SweptSearch[], workers: () => number) {
    this.#searches = searches;
    this.#workers = workers;
    for (const { summary, settings } of searches) {
      if (summary === undefined) this.#waiting += settings.maxEvaluations;
      else this.#take(summary, settings.maxEvaluations);
    }
  }

  #take({ evaluations, seconds }: EndedSearch | Summary, maxEvaluations: number): void {
    this.#ended++;
    this.#candidates += Object.values(evaluations).reduce((sum, n) => sum + n, 0);
    this.#paces.push((1000 * (seconds.total ?? 0)) / maxEvaluations);
  }

  begun(search: SweptSearch): void {
    this.#waiting -= search.settings.maxEvaluations;
    this.#underWay.set(search.id, { search, progress: new SearchProgress(search.settings), spent: 0 });
  }

  evaluated({ id }: SweptSearch, evaluation: Evaluation, costs: ToldCosts, milliseconds: number): void {
    const of = this.#underWay.get(id);
    if (of === undefined) return;
    of.progress.note(evaluation, costs, milliseconds);
    of.spent += milliseconds;
  }

  ended({ id, settings }: SweptSearch, summary: Summary): void {
    this.#underWay.delete(id);
    this.#take(summary, settings.maxEvaluations);
  }

  lines(): string[] {
    const running = [...this.#underWay.values()].map(({ search, progress, spent }): Reported => {
      return { search, spent, report: progress.report() };
    });
    const candidates = running.reduce((sum, { report }) => sum + (report?.done ?? 0), this.#candidates);
    const left = this.#secondsLeft(running);
    const rate = Math.round(this.#rate(candidates));
    const shown = running.slice(0, MOST_LINES);
    return [
      `${this.#ended} of ${this.#searches.length} searches ended${left === undefined ? "" : `, about ${duration(left)} left`}`,
      `${grouped(candidates)} candidates, ${grouped(rate)} a second by ${count(this.#workers(), "worker")}`,
      ...shown.map(lineOf),
      ...(running.length > shown.length ? [`and ${running.length - shown.length} more`] : []),
    ];
  }

  #rate(candidates: number): number {
    const at = performance.now();
    this.#recent.push({ at, candidates });
    while (this.#recent.length > 2 && at - (this.#recent[0]?.at ?? at) > WINDOW) this.#recent.shift();
    const [first] = this.#recent;
    if (first === undefined || at === first.at) return 0;
    return (1000 * (candidates - first.candidates)) / (at - first.at);
  }

  /** What is left of those under way, and what those that wait will take at the pace of the others, side by side. */
  #secondsLeft(running: readonly Reported[]): number | undefined {
    const told = running.flatMap(({ search, spent, report }) => {
      return report === undefined || report.done < FEW ? [] : [{ search, spent, left: report.secondsLeft }];
    });
    const paces = [
      ...this.#paces,
      ...told.map(({ search, spent, left }) => (spent + 1000 * left) / search.settings.maxEvaluations),
    ];
    if (paces.length === 0 || running.length === 0) return undefined;
    const pace = paces.reduce((sum, ms) => sum + ms, 0) / paces.length;
    const all = told.reduce((sum, { left }) => sum + left, (pace * this.#waiting) / 1000);
    return largest([all / running.length, ...told.map(({ left }) => left)]);
  }
}

function lineOf({ search, report }: Reported): string {
  const where = report === undefined ? "starting" : `${report.phase}, ${grouped(report.done)} candidates`;
  return `${search.group.name} seed ${search.settings.seed}: ${where}`;
}
