/** @file What is told of a search while it runs: phase, cycle, candidates, rate, best of the phase, time left. */

import { better, type Score } from "../metrics/metric.js";
import { directionsOfAll, type Objective, objectiveOf } from "../objective/objective.js";
import type { Genotype, Role } from "../spaces/space.js";
import { type Evaluation, scoreBy } from "./algorithm.js";
import { phaseLengths } from "./algorithms/cyclic.js";
import { FINALISTS } from "./algorithms/finals.js";
import type { Settings } from "./settings.js";

/** Evaluations over which the rate is taken. */
const WINDOW = 200;

interface PhaseCount {
  evaluations: number;
  milliseconds: number;
}

/** Costs that are told of the best. */
export interface ToldCosts {
  readonly parameters: number;
  readonly macs: number;
}

/** How far a search is, and the best of its phase. */
export interface ProgressReport {
  /** `topology`, `size`, `joint`, `random`. */
  readonly phase: string;
  /** Round of the search, from 1. */
  readonly cycle: number;
  /** Evaluations so far. */
  readonly done: number;
  /** Evaluations a second, of late. */
  readonly rate: number;
  /** Until all evaluations are made, at the rate of late. */
  readonly secondsLeft: number;
  /** Of this phase, by each of its metrics. */
  readonly scores: ReadonlyMap<string, Score>;
  /** The best of this phase by the first of its metrics. */
  readonly best: {
    /** One value a gene. */
    readonly genotype: Genotype;
    /** Trainable numbers. */
    readonly parameters: number;
    /** Multiply-accumulates at batch 1. */
    readonly macs: number;
  };
}

/** Evaluations that a search makes at most, of all points of a front, and with those of finals. */
export function mostEvaluations({ maxEvaluations, front, rescore, algorithm, cycles }: Settings): number {
  const phases = algorithm === "cyclic" ? 2 * cycles : 1;
  const finals = rescore === undefined ? 0 : phases * FINALISTS;
  return (front?.points ?? 1) * (maxEvaluations + finals);
}

type BestOfPhase = ProgressReport["best"];

export class SearchProgress {
  readonly #settings: Settings;
  readonly #directions: Objective["directions"];
  readonly #phases = new Map<string, PhaseCount>();
  readonly #recent: number[] = [];
  #last: Evaluation | undefined;
  readonly #scores = new Map<string, Score>();
  #best: BestOfPhase | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#directions = directionsOfAll([objectiveOf(settings.topologyMetric), objectiveOf(settings.sizeMetric)]);
  }

  /** Takes note of an evaluation. */
  note(evaluation: Evaluation, { parameters, macs }: ToldCosts, milliseconds: number): void {
    const { candidate } = evaluation;
    const { phase, cycle, genotype } = candidate;
    const of = this.#phases.get(phase) ?? { evaluations: 0, milliseconds: 0 };
    of.evaluations++;
    of.milliseconds += milliseconds;
    this.#phases.set(phase, of);
    this.#recent.push(milliseconds);
    if (this.#recent.length > WINDOW) this.#recent.shift();

    const before = this.#last?.candidate;
    if (before?.phase !== phase || before.cycle !== cycle) this.#scores.clear();
    candidate.metrics.forEach((metric, i) => {
      const score = scoreBy(evaluation, metric);
      const best = this.#scores.get(metric.id);
      if (best !== undefined && better(this.#directions[metric.id] ?? metric.contract.direction)(score, best) >= 0)
        return;
      this.#scores.set(metric.id, score);
      if (i === 0) this.#best = { genotype, parameters, macs };
    });
    this.#last = evaluation;
  }

  /** Undefined before the first evaluation. */
  report(): ProgressReport | undefined {
    if (this.#last === undefined || this.#best === undefined) return undefined;
    const { phase, cycle } = this.#last.candidate;
    const done = [...this.#phases.values()].reduce((total, { evaluations }) => total + evaluations, 0);
    const spent = this.#recent.reduce((total, ms) => total + ms, 0);
    return {
      phase,
      cycle,
      done,
      rate: (this.#recent.length / Math.max(spent, 1)) * 1000,
      secondsLeft: this.#secondsLeft(done),
      scores: this.#scores,
      best: this.#best,
    };
  }

  /** From the mean time of each kind of evaluation that is still to come. */
  #secondsLeft(done: number): number {
    const { maxEvaluations, algorithm, cycles } = this.#settings;
    const mean = (phase: string) => {
      const of = this.#phases.get(phase);
      return of === undefined ? 0 : of.milliseconds / of.evaluations;
    };
    if (algorithm !== "cyclic") return ((maxEvaluations - done) * mean(algorithm)) / 1000;
    const lengths = phaseLengths(maxEvaluations, cycles);
    const left = (role: Role) => Math.max(0, lengths[role] * cycles - (this.#phases.get(role)?.evaluations ?? 0));
    return (left("topology") * mean("topology") + left("size") * mean("size")) / 1000;
  }
}
