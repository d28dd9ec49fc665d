/**
 * @file `@esnas/core`: what programs build on, in groups. `docs/library.md` shows it at work; `@esnas/core/plugin` is for files with metrics,
 * spaces and blocks of one's own, `@esnas/core/testing` has the suites that they must pass, and `@esnas/core/internal` is for the packages
 * of this repository alone.
 */

// biome-ignore-start assist/source/organizeImports: the groups are for readers
// One call does what a command does.
export {
  describe,
  type ExportOptions,
  exportOnnx,
  type NetworkDescription,
  type NetworkLike,
  type NetworkOptions,
} from "./library/network.js";
export { type ScoreOptions, score } from "./library/score.js";
export {
  type Budget,
  type SearchEvaluation,
  type SearchOptions,
  type SearchResult,
  type SearchUnderWay,
  search,
} from "./library/search.js";
export type { ProgressReport } from "./search/progress.js";
export type { Signal } from "./base/platform.js";
export { type Preset, type PresetName, presets } from "./search/presets.js";
export {
  type Recipe,
  type RecipeMetrics,
  type RecipeName,
  recipes,
  type TrainingName,
  trainings,
} from "./search/recipes.js";
export { version } from "./base/version.js";

// Errors.
export { EsnasError, GraphError, InfeasibleError, InputError, UnscorableError } from "./base/errors.js";

// Networks: chains of blocks, and what can be told and made of them.
export {
  type Architecture,
  architectureCosts,
  chain,
  type GraphSpec,
  graphOf,
  type PlacedBlock,
} from "./architecture/architecture.js";
export {
  type BlockDescription,
  describeStages,
  type StageDescription,
} from "./architecture/describe.js";
export { type FigureOptions, figureSvg } from "./architecture/figure.js";
export { atResolution } from "./architecture/input-size.js";
export { type PyTorchOptions, pytorchSource } from "./architecture/pytorch.js";
export type { ImageShape } from "./architecture/task.js";
export type { BlockSpec } from "./blocks/registry.js";
export type * as specs from "./blocks/specs.js";
export type { Costs } from "./graph/cost.js";

// Published models.
export { esformerGenotype } from "./models/esformer.js";
export type { Model, ModelOptions, Published } from "./models/model.js";
export { modelNamed, models } from "./models/registry.js";

// Spaces and their genotypes.
export { type Random, seededRandom } from "./base/random-numbers.js";
export {
  defineSpace,
  type GeneDefinition,
  type GeneSpace,
  type GeneSpaceTask,
  type GeneValues,
  type SpaceDefinition,
} from "./spaces/define.js";
export { type HybridOptions, type HybridStageOptions, hybridDefaults, hybridSpace } from "./spaces/hybrid.js";
export { keyOf } from "./spaces/identity.js";
export { fromJson, toJson } from "./spaces/json.js";
export { nasbench101Space } from "./spaces/nasbench101.js";
export { type NatsOptions, natsSizeSpace, natsTopologySpace } from "./spaces/nats.js";
export { addSpace, readGenotype, spaceNames, spaceOf } from "./spaces/registry.js";
export type { Gene, GeneValue, Genotype, Notation, Role, Space } from "./spaces/space.js";
export { crossover, mutate, sample } from "./spaces/variation.js";

// Metrics and scores.
export {
  type Direction,
  defineMetric,
  type ForwardMetric,
  type ForwardScoring,
  isValue,
  type Metric,
  type MetricContract,
  type MetricDefinition,
  type MetricIdentity,
  type Observation,
  type Observed,
  type Score,
  type Scores,
  type StaticMetric,
  type StaticScoring,
} from "./metrics/metric.js";
export { logSynflowByBlock } from "./metrics/logsynflow.js";
export { addMetric, metricNames, metricOf, metricsOf } from "./metrics/registry.js";
export { entropyByLayer, type LayerEntropy } from "./scoring/entropy-by-layer.js";
export { Scorer, type ScorerOptions } from "./scoring/scorer.js";

// Graphs over ONNX's operators, which metrics look at and add to.
export { GraphBuilder, type Tensor } from "./graph/builder.js";
export type { Graph, Node, Parameter, Shape } from "./graph/graph.js";
export type * as graphTypes from "./graph/types.js";

// Gradients: graphs of the same operators, made from graphs.
export { atBatch } from "./gradient/batch.js";
export { type BatchStatistic, type WithBatchStatistics, withBatchStatistics } from "./gradient/batch-statistics.js";
export { type Differentiated, type Differentiation, differentiate } from "./gradient/differentiate.js";

// ONNX files and runtimes.
export {
  type ImportedModel,
  type ImportOptions,
  importOnnx,
  type Layer,
} from "./onnx/import/import.js";
export { type OnnxRuntimeBinding, onnxRuntime } from "./runtime/onnxruntime.js";
export type { Runtime, Session, SessionOptions, TensorData } from "./runtime/session.js";

// Budgets and latency.
export { type Bounds, type Constraints, checkConstraints } from "./budget/constraints.js";
export { type LatencyPredictor, latencyPredictor } from "./latency/predictor.js";
export { type LatencyProfile, readLatencyProfile } from "./latency/profile.js";

// Searching by ask and tell: an algorithm yields candidates, an evaluator scores them, `drive` brings the two together.
export { type Objective, objectiveOf, objectiveOfMetric } from "./objective/objective.js";
export type {
  Asking,
  Candidate,
  Evaluation,
  Outcome,
  SearchAlgorithm,
  SearchProblem,
  Step,
} from "./search/algorithm.js";
export type { CyclicOptions } from "./search/algorithms/cyclic.js";
export { type AlgorithmName, algorithms } from "./search/algorithms/registry.js";
export { type DriveOptions, drive, type Evaluator, type RecordedEvaluation } from "./search/drive.js";
export { localEvaluator } from "./search/local-evaluator.js";

// Tables of trained networks.
export {
  type BenchmarkTable,
  readTable,
  type TableRequest,
  type TableRow,
  type TableSource,
} from "./benchmark/table.js";
// biome-ignore-end assist/source/organizeImports: the groups are for readers
