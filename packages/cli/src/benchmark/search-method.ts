/**
 * @file What `esnas bench search` compares: an algorithm, and what it puts candidates in order by. Without `--metrics` each has
 * what it is known with: the cyclic search the metrics of the paper, FreeREA its two with and without its skip-connection
 * term, regularized evolution and random search the accuracy after 12 epochs of training.
 */

import {
  aggregateOf,
  algorithms,
  type BenchmarkTable,
  defaultAlgorithmOptions,
  InputError,
  isForward,
  largest,
  type Metric,
  metricOf,
  type Objective,
  objectiveOfMetric,
  objectivesOf,
  rolesOf,
  type SearchAlgorithm,
  type SearchProblem,
  type StaticMetric,
  skipLength,
  withRepeats,
} from "@esnas/core/internal";

export const methodNames = ["cyclic", "evolution", "freerea", "random", "regularized-evolution"] as const;

export type MethodName = (typeof methodNames)[number];

/** The algorithm of each. Evolution is that of one phase of the cyclic search, over all genes at once. */
const algorithmOf = {
  cyclic: "cyclic",
  evolution: "joint",
  freerea: "freerea",
  random: "random",
  "regularized-evolution": "regularized-evolution",
} as const satisfies Record<MethodName, keyof typeof algorithms>;

export interface SearchMethod {
  /** `freerea`, `freerea with its skip term`. */
  readonly label: string;
  readonly algorithm: MethodName;
  readonly objective: Objective;
  /** Whether candidates are scored by what training them gave. */
  readonly isTrained: boolean;
  start(problem: Omit<SearchProblem, "topologyObjective" | "sizeObjective">): SearchAlgorithm;
}

/** The name that stands for the accuracy after 12 epochs among objectives. */
export const TRAINED = "trained";

/** The column of a table that has the validation accuracy after 12 epochs of training, in %. */
export function trainedColumn(dataset: string): string {
  return `${dataset}-val12`;
}

/** Validation accuracy after 12 epochs: a table has it, nothing scores it. */
const trainedMetric: StaticMetric = {
  id: TRAINED,
  contract: {
    name: TRAINED,
    summary: "validation accuracy after 12 epochs of training, from the table",
    role: "topology",
    direction: "maximize",
    needs: "nothing",
    counts: "nothing: the network is trained",
    normalisation: "as in training",
    softmax: "as in training",
    nonFinite: "the table has none",
    source: "the table",
    significantDigits: 15,
  },
  score() {
    throw new Error("the accuracy after training is read from a table");
  },
};

/**
 * The methods of an algorithm over the space of a table.
 * @param metrics What `--metrics` was given.
 * @param rescore Random weights that the best of each search are scored with again.
 * @throws {InputError} where a name is not known, or the table has no accuracies that a trained baseline needs.
 */
export function methodsOf(
  algorithm: MethodName,
  metrics: string | undefined,
  table: BenchmarkTable,
  rescore?: number,
): SearchMethod[] {
  const methods = methodsBy(algorithm, metrics, table, metricOf);
  if (rescore === undefined) return methods;
  const again = methodsBy(algorithm, metrics, table, (term) => withRepeats(metricOf(term), rescore));
  return methods.map((method, i) => withFinals(method, again[i]?.objective ?? method.objective, rescore));
}

/** @throws {InputError} where the finals would be scored with no more weights than the candidates. */
function withFinals(method: SearchMethod, again: Objective, rescore: number): SearchMethod {
  const drawn = method.objective.metrics.flatMap((metric) => (isForward(metric) ? metric.input.repeats : []));
  if (drawn.some((repeats) => repeats >= rescore)) {
    throw new InputError(
      `--rescore takes more random weights than the ${largest(drawn)} that candidates are scored with, was given ${rescore}`,
    );
  }
  const finals = { topologyObjective: again, sizeObjective: again };
  return { ...method, start: (problem) => method.start({ ...problem, finals }) };
}

/** @param metric The metric of each term of an objective. */
function methodsBy(
  algorithm: MethodName,
  metrics: string | undefined,
  table: BenchmarkTable,
  metric: (term: string) => Metric,
): SearchMethod[] {
  if (metrics?.trim() === TRAINED || (metrics === undefined && isBaseline(algorithm))) {
    checkTrained(algorithm, metrics, table);
    return [methodOf(algorithm, objectiveOfMetric(trainedMetric))];
  }
  const objectives = (text: string) => objectivesOf(text, metric);
  if (algorithm === "freerea") return freereaMethods(objectives(metrics ?? "naswot,logsynflow"), table);
  const [objective, ...others] = objectives(metrics ?? defaultMetrics(algorithm, table));
  if (objective === undefined || others.length > 0) {
    throw new InputError(
      `${algorithm} takes one objective, was given "${metrics}": several are made one by rank(...), as in rank(${metrics})`,
    );
  }
  return [methodOf(algorithm, objective)];
}

/** The paper's metric of the genes that the space has; for evolution over all genes, both. */
function defaultMetrics(algorithm: MethodName, { space }: BenchmarkTable): string {
  if (algorithm !== "cyclic") return "rank(entropic-score,logsynflow)";
  return rolesOf(space).includes("topology") ? "entropic-score" : "logsynflow";
}

function isBaseline(algorithm: MethodName): boolean {
  return algorithm === "random" || algorithm === "regularized-evolution";
}

function checkTrained(algorithm: MethodName, metrics: string | undefined, { rows, dataset }: BenchmarkTable): void {
  const column = trainedColumn(dataset);
  if (rows.some((row) => row.column(column) !== undefined)) return;
  const asked = metrics === undefined ? `${algorithm} without --metrics is a trained baseline` : `--metrics ${TRAINED}`;
  throw new InputError(
    `${asked}: it needs the column "${column}", validation accuracies after 12 epochs in %, which the table does not have`,
  );
}

/** With the skip-connection term and without it, where the space has what it counts. */
function freereaMethods(terms: readonly Objective[], { space }: BenchmarkTable): SearchMethod[] {
  const [sole] = terms;
  const alone = terms.length === 1 && sole !== undefined ? sole : aggregateOf("scaled", terms);
  const without = methodOf("freerea", alone);
  if (space.name !== "nats-topology") return [without];
  const withSkips = aggregateOf("scaled", [...terms, objectiveOfMetric(skipLength)]);
  return [without, { ...methodOf("freerea", withSkips), label: "freerea with its skip term" }];
}

function methodOf(algorithm: MethodName, objective: Objective): SearchMethod {
  return {
    label: algorithm,
    algorithm,
    objective,
    isTrained: objective.metrics.some(({ id }) => id === TRAINED),
    start: (problem) =>
      algorithms[algorithmOf[algorithm]](
        { ...problem, topologyObjective: objective, sizeObjective: objective },
        defaultAlgorithmOptions,
      ),
  };
}
