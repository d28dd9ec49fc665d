/** @file What a search has found, in numbers: `summary.json`, and what `search --json` prints. */

import {
  type Architecture,
  architectureCosts,
  type Constraints,
  describeStages,
  type Outcome,
  type Scores,
  type StageDescription,
} from "@esnas/core";
import type { Settings } from "../study/settings.js";
import { commandOf } from "./readme.js";

export interface Summary {
  /** The command line that makes the run again. */
  readonly command: string;
  readonly constraints: Constraints;
  readonly preset: string | null;
  readonly seed: number;
  readonly algorithm: string;
  readonly parameters: number;
  readonly macs: number;
  readonly scores: Scores;
  /** Evaluations by phase. */
  readonly evaluations: Readonly<Record<string, number>>;
  readonly cycles: number;
  /** Why the search ended. */
  readonly reason: Outcome["reason"];
  /** Seconds in all and by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  /** The stages, without stem and head; `kind` is the one that most of the blocks have. */
  readonly stages: readonly (StageDescription & { readonly kind: string })[];
}

export interface SummaryOptions {
  readonly settings: Settings;
  readonly architecture: Architecture;
  readonly outcome: Outcome;
  readonly scores: Scores;
  readonly milliseconds: Readonly<Record<string, number>>;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

function commonest({ kinds }: StageDescription): string {
  const [first] = Object.entries(kinds).toSorted(([, a], [, b]) => b - a);
  return first?.[0] ?? "none";
}

export function summaryOf({ settings, architecture, outcome, scores, milliseconds }: SummaryOptions): Summary {
  const { parameters, macs } = architectureCosts(architecture);
  const evaluations: Record<string, number> = { topology: 0, size: 0 };
  for (const phase of outcome.phases) {
    evaluations[phase.phase] = (evaluations[phase.phase] ?? 0) + phase.evaluations;
  }
  const total = Object.values(milliseconds).reduce((sum, ms) => sum + ms, 0);
  const byPhase = Object.entries({ topology: 0, size: 0, ...milliseconds }).map(([phase, ms]) => [phase, seconds(ms)]);
  return {
    command: commandOf(settings),
    constraints: settings.constraints,
    preset: settings.preset,
    seed: settings.seed,
    algorithm: settings.algorithm,
    parameters,
    macs,
    scores,
    evaluations,
    cycles: outcome.cycles,
    reason: outcome.reason,
    seconds: { total: seconds(total), ...Object.fromEntries(byPhase) },
    stages: describeStages(architecture)
      .filter(({ name }) => name.startsWith("stages."))
      .map((stage) => ({ kind: commonest(stage), ...stage })),
  };
}
