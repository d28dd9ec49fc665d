/**
 * @file What candidates are put in order by: one metric, or several as one; aggregates may be nested.
 *
 *     rank(a,b)       sum of ranks
 *     log-rank(a,b)   sum of ln(rank / n), the best of n has rank n: one bad rank weighs more than one good one
 *                     (Lee and Ham 2024, AZ-NAS, arXiv 2403.19232)
 *     scaled(a,b)     sum of scores, each divided by the largest magnitude among those compared, plus 1e-9 (what the
 *                     code of Cavagnero et al. 2023, FreeREA, arXiv 2207.05135, does)
 *
 * Ranks and scales are taken among all rows of a table where a metric is correlated, and among all that a phase has scored so
 * far where a search breeds (FreeREA, as its code does, among those of a tournament). Equal scores share the mean of their ranks.
 *
 * More of a metric is better where its contract says `maximize`, alone or in an aggregate, in a search or a table. That holds of
 * costs too, as in the field's baselines of parameters and FLOPs: budgets bound them. `-name` turns a metric round.
 */

import { checkArgument, checkText, isObject } from "../base/argument.js";
import { InputError, unknownName } from "../base/errors.js";
import { type Direction, isValue, type Metric, type Scores } from "../metrics/metric.js";
import { metricNames, metricOf } from "../metrics/registry.js";
import { refuseRepeated, splitAtCommas } from "../metrics/terms.js";
import { averageRanks, growingRanks } from "./ranks.js";

/** One line for `--help`. */
export const directionSummary = "more is better, of costs such as parameters too; -parameters: less is";

/** What candidates are put in order by: a metric, or several as one. */
export interface Objective {
  /** `entropic-score`, `rank(entropic-score,logsynflow)`; read back by `objectiveOf` as the same objective. */
  readonly id: string;
  /** What candidates have to be scored by. */
  readonly metrics: readonly Metric[];
  /** Which scores of each of them are better, by its id. */
  readonly directions: Readonly<Record<string, Direction>>;
  /**
   * One merit a candidate, among all that are given; greater is better. Undefined where there is none, which ranks last. By
   * ranks, candidates without a score by one of several metrics share the last rank of that one.
   */
  merits(scores: readonly Scores[]): readonly (number | undefined)[];
  /** The same merits, to the last bit, among candidates that become more. */
  growing(): {
    /** Adds a candidate by its scores. */
    add(scores: Scores): void;
    /** The merit of one that was added, among all that were added so far. */
    merit(scores: Scores): number | undefined;
  };
}

/** Merits among all that were added so far. */
type GrowingMerits = ReturnType<Objective["growing"]>;

/** The merit of a candidate by one term. */
type TermMerit = number | undefined;

/** Merits of all that are compared by one term. */
type Column = readonly TermMerit[];

interface Aggregation {
  readonly summary: string;
  /** Makes of a term's column what is summed up. */
  summands(column: Column): ArrayLike<number | undefined>;
  /** The same of a column that grows, for one of its merits at a time. */
  growing(): { add(merit: TermMerit): void; summand(merit: TermMerit): number | undefined };
}

const aggregations = {
  rank: {
    summary: "sum of ranks",
    summands: averageRanks,
    growing() {
      const { add, rank } = growingRanks();
      return { add, summand: rank };
    },
  },
  "log-rank": {
    summary: "sum of ln(rank / n)",
    summands: (column) => averageRanks(column).map((rank) => Math.log(rank / column.length)),
    growing() {
      const ranks = growingRanks();
      return { add: ranks.add, summand: (merit) => Math.log(ranks.rank(merit) / ranks.size()) };
    },
  },
  scaled: {
    summary: "sum of scores, each divided by the largest magnitude",
    summands(column) {
      const largest = column.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
      return column.map((value) => (value === undefined ? undefined : value / (largest + 1e-9)));
    },
    growing() {
      let largest = 0;
      return {
        add(merit) {
          largest = Math.max(largest, Math.abs(merit ?? 0));
        },
        summand: (merit) => (merit === undefined ? undefined : merit / (largest + 1e-9)),
      };
    },
  },
} as const satisfies Record<string, Aggregation>;

export type AggregationName = keyof typeof aggregations;

export const aggregationNames = Object.keys(aggregations) as readonly AggregationName[];

/** One line for `--help`: `rank(a,b): sum of ranks; ...` */
export const aggregationSummary = aggregationNames
  .map((name) => `${name}(a,b): ${aggregations[name].summary}`)
  .join("; ");

/**
 * The objective of a text: `naswot`, `-parameters`, `rank(entropic-score(site=post),logsynflow)`.
 * @param metric - The metric of each of its terms.
 * @throws {@link InputError} where a name, an option or the form is not known.
 */
export function objectiveOf(text: string, metric: (term: string) => Metric = metricOf): Objective {
  checkText('objectiveOf: "text"', text, "metrics such as rank(entropic-score,logsynflow)");
  const [, name, inner] = /^\s*([\w-]+)\s*\((.*)\)\s*$/s.exec(text) ?? [];
  const aggregation = aggregationNames.find((known) => known === (name ?? text.trim()));
  if (aggregation === undefined) return metricObjective(text, metric);
  const terms = inner === undefined ? [] : splitAtCommas(inner, text).map((term) => objectiveOf(term, metric));
  refuseRepeated(terms, text);
  if (terms.length < 2) {
    throw new InputError(
      `"${text}" aggregates nothing: write at least two metrics, as in ${aggregation}(naswot,logsynflow)`,
    );
  }
  return aggregateOf(aggregation, terms);
}

/**
 * Several objectives, separated by commas; `all` stands for each metric with its defaults.
 * @param metric - The metric of each of their terms.
 */
export function objectivesOf(text: string, metric: (term: string) => Metric = metricOf): readonly Objective[] {
  const texts = text.trim() === "all" ? metricNames : splitAtCommas(text, text);
  const objectives = texts.map((objective) => objectiveOf(objective, metric));
  refuseRepeated(objectives, text);
  return objectives;
}

function metricObjective(text: string, metricNamed: (term: string) => Metric): Objective {
  const [, minus = "", named = ""] = /^\s*(-?)(.*)$/s.exec(text) ?? [];
  const [name = ""] = named.trim().split(/[\s(]/, 1);
  if (aggregationNames.some((known) => known === name)) {
    throw new InputError(`"${text.trim()}" is not of the form ${name}(naswot,logsynflow)`);
  }
  if (!metricNames.includes(name)) throw unknownName("metric", name, [...metricNames, ...aggregationNames]);
  const metric = metricNamed(named);
  const { direction } = metric.contract;
  return ofMetric(metric, `${minus}${metric.id}`, minus === "" ? direction : opposite[direction]);
}

/**
 * The objective of a metric, in the registry or not, by the direction of its contract.
 * @throws {@link InputError} where it is no metric.
 */
export function objectiveOfMetric(metric: Metric): Objective {
  const holds = isObject(metric) && typeof metric.id === "string" && isObject(metric.contract);
  checkArgument(holds, 'objectiveOfMetric: "metric"', metric, "a metric, as metricOf gives one");
  return ofMetric(metric, metric.id, metric.contract.direction);
}

const opposite: Readonly<Record<Direction, Direction>> = { maximize: "minimize", minimize: "maximize" };

function ofMetric(metric: Metric, id: string, direction: Direction): MetricObjective {
  const sign = direction === "maximize" ? 1 : -1;
  const merit = ({ [metric.id]: score }: Scores) => (score !== undefined && isValue(score) ? sign * score : undefined);
  return {
    id,
    metrics: [metric],
    directions: { [metric.id]: direction },
    merit,
    merits: (scores) => scores.map(merit),
    growing: () => ({ add() {}, merit }),
  };
}

/** What a metric says of a candidate does not hang on the others. */
interface MetricObjective extends Objective {
  merit(scores: Scores): TermMerit;
}

function isOfMetric(objective: Objective): objective is MetricObjective {
  return "merit" in objective;
}

/** Several objectives as one. */
export function aggregateOf(name: AggregationName, terms: readonly Objective[]): Objective {
  const { summands, growing }: Aggregation = aggregations[name];
  const merits = (scores: readonly Scores[]) => {
    const columns = terms.map((term) => term.merits(scores));
    const summed = columns.map(summands);
    return scores.map((_, i) =>
      sumOf(
        terms.length,
        (term) => columns[term]?.[i],
        (term) => summed[term]?.[i],
      ),
    );
  };
  return {
    id: `${name}(${terms.map(({ id }) => id).join(",")})`,
    metrics: metricsOfAll(terms),
    directions: directionsOfAll(terms),
    merits,
    // Where terms are aggregates, one more candidate may change all merits by all of them.
    growing: terms.every(isOfMetric) ? () => growingSum(terms, growing) : () => takenAnew(merits),
  };
}

/** The merit by so many terms: none where there is none by any of them, or a summand is not known. */
function sumOf(
  terms: number,
  merit: (term: number) => TermMerit,
  summand: (term: number) => number | undefined,
): number | undefined {
  let sum = 0;
  let isNone = true;
  for (let term = 0; term < terms; term++) {
    if (merit(term) !== undefined) isNone = false;
    sum += summand(term) ?? Number.NaN;
  }
  return isNone || Number.isNaN(sum) ? undefined : sum;
}

function growingSum(terms: readonly MetricObjective[], growing: Aggregation["growing"]): GrowingMerits {
  const columns = terms.map(({ merit }) => ({ merit, ...growing() }));
  return {
    add(scores) {
      for (const { merit, add } of columns) add(merit(scores));
    },
    merit(scores) {
      const merits = terms.map((term) => term.merit(scores));
      return sumOf(
        terms.length,
        (term) => merits[term],
        (term) => columns[term]?.summand(merits[term]),
      );
    },
  };
}

/** Merits that are taken of all again when there are more. */
export function takenAnew(merits: Objective["merits"]): GrowingMerits {
  const all: Scores[] = [];
  let among = 0;
  // By their text: scores that are equal have equal merits.
  let known: ReadonlyMap<string, number | undefined> = new Map();
  return {
    add(scores) {
      all.push(scores);
    },
    merit(scores) {
      if (among !== all.length) {
        const values = merits(all);
        known = new Map(all.map((each, i) => [JSON.stringify(each), values[i]]));
        among = all.length;
      }
      return known.get(JSON.stringify(scores));
    },
  };
}

/** The metrics of several objectives, each once. */
export function metricsOfAll(objectives: readonly Objective[]): readonly Metric[] {
  return [...new Map(objectives.flatMap(({ metrics }) => metrics.map((metric) => [metric.id, metric]))).values()];
}

/** Which scores of the metrics of several objectives are better; of a metric that is in several, by the first. */
export function directionsOfAll(objectives: readonly Objective[]): Objective["directions"] {
  return Object.assign({}, ...objectives.map(({ directions }) => directions).toReversed());
}
