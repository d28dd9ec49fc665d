/** @file What a front has found, in numbers: `summary.json` of its folder, and what `search --front --json` prints. */

import {
  type Architecture,
  type BoundsByCost,
  commandOf,
  dominatorsOf,
  type Front,
  type FrontPoint,
  milliseconds,
  roundNumber,
  type Scores,
  type Search,
  type Usage,
} from "@esnas/core/internal";
import { type FoundModel, foundModel, seconds } from "./summary.js";

export interface FrontSummary extends Front {
  /** The command line that makes the run again. */
  readonly command: string;
  readonly constraints: BoundsByCost;
  readonly preset: string | null;
  readonly seed: number;
  readonly algorithm: string;
  /** Candidates that were scored, each once for all points. */
  readonly scored: number;
  /** Seconds in all. */
  readonly seconds: number;
  /** In the order of their budgets. */
  readonly points: readonly FrontPointSummary[];
}

export interface FrontPointSummary extends FoundModel {
  /** From 1. */
  readonly point: number;
  readonly budget: number;
  /** Of the model, within that of the run. */
  readonly folder: string;
  /** The points that cost no more and are no worse by any objective. */
  readonly dominatedBy: readonly number[];
}

/** A point with the model that its search has ended with. */
export interface FoundPoint extends FrontPoint {
  readonly architecture: Architecture;
  readonly scores: Scores;
  /** What it uses of the bounds of its point. */
  readonly bounds: readonly Usage[];
  /** Milliseconds that are predicted, where latency is bounded. */
  readonly latency: number | undefined;
}

/** A budget in a few characters: `93.8M`, `8ms`. */
function shortBudget({ cost }: Front, budget: number): string {
  return cost === "latency" ? `${milliseconds(budget)}ms` : roundNumber(budget).replace(" ", "");
}

/** What a model costs of what the front is of. */
export function costOf({ cost }: Front, { parameters, macs, latency }: FoundModel): number {
  if (cost !== "latency") return { parameters, macs }[cost];
  if (latency === undefined) throw new Error("a front of latency has a profile that predicts it");
  return latency.milliseconds;
}

export function frontSummary(
  { settings, problem }: Search,
  front: Front,
  found: readonly FoundPoint[],
  spent: { readonly scored: number; readonly milliseconds: number },
): FrontSummary {
  const models = found.map((point) => foundModel({ settings, ...point }));
  const objectives = [problem.topologyObjective, problem.sizeObjective];
  const standings = models.map((model) => ({ cost: costOf(front, model), scores: model.scores }));
  const dominators = dominatorsOf(standings, objectives);
  return {
    command: commandOf(settings),
    cost: front.cost,
    budgets: front.budgets,
    constraints: settings.constraints,
    preset: settings.preset,
    seed: settings.seed,
    algorithm: settings.algorithm,
    scored: spent.scored,
    seconds: seconds(spent.milliseconds),
    points: models.map((model, i) => {
      const budget = front.budgets[i] ?? Number.NaN;
      return {
        point: i + 1,
        budget,
        folder: `models/${i + 1}-${shortBudget(front, budget)}`,
        dominatedBy: (dominators[i] ?? []).map((other) => other + 1),
        ...model,
      };
    }),
  };
}
