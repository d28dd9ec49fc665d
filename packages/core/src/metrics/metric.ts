/**
 * @file What a metric is: a contract that says all that copies of a metric silently differ in, and a way to score. A new
 * metric is one file and one line of the registry; `testing/metric-conformance.ts` runs over all of them.
 */

import type { z } from "zod";
import type { Architecture } from "../architecture/architecture.js";
import type { GraphBuilder, Tensor } from "../graph/builder.js";
import type { Graph } from "../graph/graph.js";
import type { TensorData } from "../runtime/session.js";

/** A number, or the reason why there is none. Never NaN or an infinity. */
export type Score = number | { readonly value: null; readonly reason: string };

/** Scores by the id of the metric. */
export type Scores = Readonly<Record<string, Score>>;

/** Which scores are better. */
export type Direction = "maximize" | "minimize";

/** What has to be known of a metric to compare its scores with those of others. */
export interface MetricContract {
  /** `entropic-score` */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What the metric is meant to choose. */
  readonly role: "topology" | "size" | "cost";
  /** Which scores are better. */
  readonly direction: Direction;
  /** What scoring takes: forward runs with random weights, flow through the linearised network, or the graph alone. */
  readonly needs: "forward" | "flow" | "nothing";
  /**
   * The score is one of the chain's blocks: it depends on where they end, and what is no chain, such as a network from a
   * file, has a reason in its place.
   */
  readonly blockwise?: boolean;
  /** More width and depth are not better by themselves: the score is a mean or an extremum of what has no size. */
  readonly sizeless?: boolean;
  /** Which layers or weights are counted. */
  readonly counts: string;
  /** What normalisation layers do while the metric is taken. */
  readonly normalisation: string;
  /** What softmax does while the metric is taken. */
  readonly softmax: string;
  /** When the score is a reason instead of a number. */
  readonly nonFinite: string;
  /** Paper, or derivation. */
  readonly source: string;
  /** Decimal digits to which a score is the same on any machine; scores are rounded to them. */
  readonly significantDigits: number;
}

/** Scores an architecture from its graph, its costs or its flow. */
export interface StaticScoring {
  /**
   * Scores a network.
   * @throws {@link UnscorableError} where the contract excludes the architecture.
   */
  score(architecture: Architecture): Score;
}

/** Scores an architecture from what is observed in forward runs with random weights and noise as input. */
export interface ForwardScoring {
  /** What networks are run on, and how. */
  readonly input: {
    /** Images at once. */
    readonly batch: number;
    /** Height and width of the images, in pixels; an architecture with a smaller input keeps its own. */
    readonly resolution: number;
    /** Runs, each with weights and noise of its own; scores are averaged. */
    readonly repeats: number;
    /** `normal` where it is absent. */
    readonly noise?: "normal" | "uniform" | "pink";
    /** Images of one run are independent, where it is absent, or points of a circle about the origin through two that are. */
    readonly images?: "independent" | "circle";
    /** What batch normalisations divide by: the batch's statistics, where it is absent, or nothing. */
    readonly statistics?: "batch" | "none";
    /** Standard deviation of random weights: that of the network's initialisation, where it is absent, or 1. */
    readonly weights?: "initialisation" | "unit";
    /** Where it is given, every run has a second one, on the same images with so much of other normal noise added. */
    readonly perturbation?: number;
  };
  /** Adds to a graph what computes the observations, so that only numbers leave the runtime. */
  observe(b: GraphBuilder, graph: Graph): readonly Observation[];
  /**
   * The score from all observations of one run, in the order of the network.
   * @param perturbed - The observations of the second run, where the input says that there is one.
   */
  reduce(observed: readonly Observed[], perturbed: readonly Observed[]): Score;
}

/** Which metric it is, with its options. */
export interface MetricIdentity {
  /** What has to be known to compare scores. */
  readonly contract: MetricContract;
  /** Name and the options that differ from their defaults: `logsynflow(normalisation=divide)`. */
  readonly id: string;
  /** The same metric with some options changed; absent where it was made without a definition. */
  with?(options: Readonly<Record<string, unknown>>): Metric;
}

/** A metric that runs nothing: it scores an architecture from its graph, its costs or its flow. */
export type StaticMetric = MetricIdentity & StaticScoring;
/** A metric that runs networks with random weights on noise. */
export type ForwardMetric = MetricIdentity & ForwardScoring;
/** A metric with its options given, ready to score. */
export type Metric = StaticMetric | ForwardMetric;

/** Whether scoring takes runs of the network, with random weights; all else is static. */
export function isForward(scoring: StaticScoring | ForwardScoring): scoring is ForwardScoring;
export function isForward(metric: Metric): metric is ForwardMetric;
export function isForward(scoring: StaticScoring | ForwardScoring): boolean {
  return "observe" in scoring;
}

/** Scores by the metrics in their order, as a search records them. */
export function inOrderOf(metrics: readonly Metric[], scores: Scores): Scores {
  return Object.fromEntries(
    metrics.flatMap(({ id }) => {
      const score = scores[id];
      return score === undefined ? [] : [[id, score]];
    }),
  );
}

/** What is computed at one place of a graph. */
export interface Observation {
  /** Elements per sample of the tensor that is observed. */
  readonly size: number;
  /** Tensors of the graph with the metric's own nodes added, which leave the runtime. */
  readonly tensors: readonly Tensor[];
}

/** The outcome of an observation: one array a tensor. */
export interface Observed {
  /** Elements per sample of the tensor that was observed. */
  readonly size: number;
  /** One array a tensor, in the order of the observation. */
  readonly values: readonly TensorData[];
}

/** A metric before its options are given. */
export interface MetricDefinition<O extends z.ZodObject = z.ZodObject> {
  /** What has to be known to compare scores. */
  readonly contract: MetricContract;
  /** Options with their defaults. */
  readonly options: O;
  /** The metric for options, which have been checked against `options`. */
  create(options: z.output<O>): StaticScoring | ForwardScoring;
}

/** Keeps the type of a definition's options while the registry forgets it. */
export function defineMetric<O extends z.ZodObject>(definition: MetricDefinition<O>): MetricDefinition {
  return definition as unknown as MetricDefinition;
}

/** Whether a score is a number, and not the reason why there is none. */
export function isValue(score: Score): score is number {
  return typeof score === "number";
}

/** A score of a value that may be no finite number. */
export function scoreOf(value: number, reason: string): Score {
  return Number.isFinite(value) ? value : { value: null, reason };
}

/** Rounds a score to the digits that its contract vouches for, so that no decision hangs on noise below them. */
export function rounded(score: Score, { significantDigits }: MetricContract): Score {
  return isValue(score) ? Number(score.toPrecision(significantDigits)) : score;
}

/**
 * Compares scores of one metric for sorting: better first, those that are no number last.
 */
export function better(direction: Direction): (a: Score, b: Score) => number {
  return (a, b) => {
    if (!isValue(a) || !isValue(b)) return Number(isValue(b)) - Number(isValue(a));
    return direction === "maximize" ? b - a : a - b;
  };
}
