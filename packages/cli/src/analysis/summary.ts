/** @file What `esnas analyze` finds, as JSON: every trait and every statement of the patterns, found against random. */

import {
  type Comparison,
  compareWithRandom,
  type Genotype,
  type HybridStage,
  INTERVAL_LEVEL,
  type Interval,
  type Measure,
  patterns,
  type Role,
  type Settings,
  type Space,
  type Statement,
  stagesOf,
  type TraitKind,
  traitsOf,
  type Verdict,
  verdictOf,
  verdictOfAll,
} from "@esnas/core/internal";
import { version } from "../version.js";
import type { Runs } from "./finished-runs.js";

/** Marks the file as ours. */
export const ANALYZE = "esnas analyze";

/** Null where no network found, or no random one, has what is measured. */
export interface ComparisonSummary {
  /** Searches that found a network which has it. */
  readonly searches: number;
  readonly found: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly random: number | null;
  /** Cliff's delta. */
  readonly effect: number | null;
  readonly effectLow: number | null;
  readonly effectHigh: number | null;
}

export interface TraitSummary extends ComparisonSummary {
  readonly name: string;
  readonly kind: TraitKind;
  /** From 0. */
  readonly stage: number;
  /** Of a share: what is counted. */
  readonly value: string | null;
}

export interface StatementSummary extends ComparisonSummary, Pick<Statement, "text" | "number" | "threshold" | "side"> {
  readonly verdict: Verdict;
}

export interface PatternSummary {
  readonly name: string;
  readonly text: string;
  readonly verdict: Verdict;
  readonly statements: readonly StatementSummary[];
}

export interface AnalysisSummary {
  readonly kind: typeof ANALYZE;
  readonly version: string;
  /** What makes the same result again. */
  readonly command: string;
  /** Of the searches, but for the seed. */
  readonly search: Omit<Settings, "seed">;
  readonly seeds: readonly number[];
  /** Candidates of each search. */
  readonly top: number;
  /** Genotypes within the same budget, drawn with the seed. */
  readonly random: { readonly genotypes: number; readonly seed: number };
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly seed: number };
  readonly patterns: readonly PatternSummary[];
  readonly traits: readonly TraitSummary[];
}

export interface AnalysisOptions {
  readonly command: string;
  readonly top: number;
  readonly random: readonly Genotype[];
  readonly resamples: number;
  readonly seed: number;
}

/** One network, as charts show it. */
export interface Counted {
  readonly stages: readonly HybridStage[];
}

export interface Analysis {
  readonly summary: AnalysisSummary;
  /** Of each search, the candidates that sizes were counted of; the first is the model found. */
  readonly found: readonly (readonly Counted[])[];
  readonly random: readonly Counted[];
}

export function analyse({ space, settings, runs }: Runs, options: AnalysisOptions): Analysis {
  const { command, top, resamples, seed } = options;
  const count = counter(space);
  const random = options.random.map(count);
  const found: Readonly<Record<Role, readonly (readonly Counted[])[]>> = {
    topology: runs.map((run) => run.top.topology.map(count)),
    size: runs.map((run) => run.top.size.map(count)),
  };
  const compared = ({ role, of }: Measure) =>
    compareWithRandom(
      found[role].map((candidates) => candidates.map(({ stages }) => of(stages))),
      random.map(({ stages }) => of(stages)),
      { resamples, seed },
    );
  const { seed: _, ...search } = settings;
  const stages = random[0]?.stages.length ?? 0;
  const summary: AnalysisSummary = {
    kind: ANALYZE,
    version,
    command,
    search,
    seeds: runs.map((run) => run.settings.seed),
    top,
    random: { genotypes: random.length, seed },
    bootstrap: { resamples, level: INTERVAL_LEVEL, seed },
    patterns: patterns(settings.preset === "s2").map(({ name, text, statements }) => {
      const summaries = statements.map((statement) => statementSummary(statement, compared(statement)));
      return { name, text, verdict: verdictOfAll(summaries.map(({ verdict }) => verdict)), statements: summaries };
    }),
    traits: traitsOf(stages).map((trait) => {
      const { name, kind, stage, value = null } = trait;
      return { name, kind, stage, value, ...comparisonSummary(compared(trait)) };
    }),
  };
  return { summary, found: found.size, random };
}

/** The stages of a genotype's network, laid once. */
function counter(space: Space): (genotype: Genotype) => Counted {
  return (genotype) => ({ stages: stagesOf(space.build(genotype)) });
}

function statementSummary(statement: Statement, comparison: Comparison | undefined): StatementSummary {
  const { text, number, threshold, side } = statement;
  const verdict = verdictOf(statement, comparison?.foundInterval);
  return { text, number, threshold, side, verdict, ...comparisonSummary(comparison) };
}

function comparisonSummary(comparison: Comparison | undefined): ComparisonSummary {
  const ends = (interval: Interval | undefined) => [interval?.low ?? null, interval?.high ?? null] as const;
  const [low, high] = ends(comparison?.foundInterval);
  const [effectLow, effectHigh] = ends(comparison?.effectInterval);
  const { searches = 0, found = null, random = null, effect = null } = comparison ?? {};
  return { searches, found, low, high, random, effect, effectLow, effectHigh };
}
