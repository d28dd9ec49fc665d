/** @file What is told of a front while it is searched: that of the search of its present point, and where that stands among all. */

import type { Evaluation } from "../algorithm.js";
import { type ProgressReport, SearchProgress, type ToldCosts } from "../progress.js";
import type { Settings } from "../settings.js";
import { type Front, pointOfPhase } from "./front.js";

export interface FrontReport extends ProgressReport {
  /** From 1. */
  readonly point: number;
  readonly budget: number;
}

export class FrontProgress {
  readonly #settings: Settings;
  readonly #front: Front;
  #point = 0;
  #ofPoint: SearchProgress;
  #donePoints = 0;
  #millisecondsOfPoints = 0;
  #milliseconds = 0;
  #done = 0;

  constructor(settings: Settings, front: Front) {
    this.#settings = settings;
    this.#front = front;
    this.#ofPoint = new SearchProgress(settings);
  }

  note(evaluation: Evaluation, costs: ToldCosts, milliseconds: number): void {
    const { candidate } = evaluation;
    const { point, phase } = pointOfPhase(candidate.phase) ?? { point: this.#point, phase: candidate.phase };
    if (point !== this.#point) {
      this.#donePoints = point - 1;
      this.#millisecondsOfPoints = this.#milliseconds;
      this.#ofPoint = new SearchProgress(this.#settings);
      this.#point = point;
    }
    this.#done++;
    this.#milliseconds += milliseconds;
    this.#ofPoint.note({ ...evaluation, candidate: { ...candidate, phase } }, costs, milliseconds);
  }

  /** Undefined before the first evaluation. */
  report(): FrontReport | undefined {
    const report = this.#ofPoint.report();
    if (report === undefined) return undefined;
    const { budgets } = this.#front;
    const ofPoint = (this.#milliseconds - this.#millisecondsOfPoints) / 1000 + report.secondsLeft;
    const mean = this.#donePoints === 0 ? ofPoint : this.#millisecondsOfPoints / 1000 / this.#donePoints;
    return {
      ...report,
      done: this.#done,
      secondsLeft: report.secondsLeft + (budgets.length - this.#point) * mean,
      point: this.#point,
      budget: budgets[this.#point - 1] ?? Number.NaN,
    };
  }
}
