/**
 * @file `@esnas/core`: what programs build on, in groups. `docs/library.md` shows it at work; `@esnas/core/plugin` is for files with metrics,
 * spaces and blocks of one's own, `@esnas/core/testing` has the suites that they must pass, and `@esnas/core/internal` is for the packages
 * of this repository alone.
 */

// Networks: chains of blocks, and what can be made of them.
export {
  type Architecture,
  architectureCosts,
  blockGraph,
  chain,
  costsOfBlock,
  fromGraph,
  graphOf,
  type PlacedBlock,
} from "./architecture/architecture.js";
export { type BlockDescription, describeStages, type StageDescription } from "./architecture/describe.js";
export { type FigureOptions, figureSvg } from "./architecture/figure.js";
export { atResolution } from "./architecture/input-size.js";
export { type PyTorchOptions, pytorchSource } from "./architecture/pytorch.js";
export type { ImageShape, NetworkTask } from "./architecture/task.js";
// Errors, and the version.
export { EsnasError, GraphError, InfeasibleError, InputError, UnscorableError } from "./base/errors.js";

// Spaces and their genotypes.
export { type Random, seededRandom } from "./base/random-numbers.js";
export { version } from "./base/version.js";
// Tables of trained networks.
export { type BenchmarkTable, readTable, type TableRequest, type TableRow } from "./benchmark/table.js";
export { addBlock, type BlockDefinition, type CustomSpec, defineBlock } from "./blocks/custom.js";
export type { BlockSpec } from "./blocks/registry.js";
// Budgets.
export { type Bounds, type Constraints, checkConstraints, familyBudgets, isWithin } from "./budget/constraints.js";
export { type Usage, usageOf } from "./budget/usage.js";
// Graphs over ONNX's operators, and their costs.
export { type Builder, GraphBuilder, type ParameterOptions, type Tensor } from "./graph/builder.js";
export { type Costs, costsOf, macsOf } from "./graph/cost.js";
export { elements, type Graph, type Node, type Parameter, type Shape } from "./graph/graph.js";
export { type LatencyPredictor, latencyPredictor } from "./latency/predictor.js";
export { type LatencyProfile, readLatencyProfile } from "./latency/profile.js";
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
// Metrics and scores.
export { logSynflowByBlock } from "./metrics/logsynflow.js";
export {
  type Direction,
  defineMetric,
  type ForwardMetric,
  isValue,
  type Metric,
  type MetricContract,
  type MetricDefinition,
  type Observation,
  type Observed,
  type Score,
  type Scores,
  type StaticMetric,
} from "./metrics/metric.js";
export { addMetric, metricNames, metricOf, metricsOf } from "./metrics/registry.js";
export { esformer, esformerGenotype } from "./models/esformer.js";
export { type Model, type ModelOptions, modelOf, type Published } from "./models/model.js";
export { modelNamed, models } from "./models/registry.js";
// Searching by ask and tell: an algorithm yields candidates, an evaluator scores them, `drive` brings the two together.
export { type Objective, objectiveOf, objectiveOfMetric } from "./objective/objective.js";
// ONNX files, in and out.
export { type EncodeOptions, encode } from "./onnx/encode.js";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./onnx/formats/safetensors.js";
export {
  type ImageInput,
  type ImportedModel,
  type ImportOptions,
  importOnnx,
  type Layer,
} from "./onnx/import/import.js";
export { onnxModel, randomWeights, type Weights } from "./onnx/model-files.js";
// Runtimes: what runs networks.
export { type OnnxRuntimeBinding, onnxRuntime } from "./runtime/onnxruntime.js";
export type { Runtime, Session, SessionOptions, TensorData } from "./runtime/session.js";
export { entropyByLayer, type LayerEntropy } from "./scoring/entropy-by-layer.js";
export { Scorer, type ScorerOptions } from "./scoring/scorer.js";
export type {
  Asking,
  Candidate,
  Evaluation,
  Outcome,
  SearchAlgorithm,
  SearchProblem,
  Step,
} from "./search/algorithm.js";
export { type CyclicOptions, cyclicSearch } from "./search/algorithms/cyclic.js";
export { freerea } from "./search/algorithms/freerea.js";
export { jointEvolution } from "./search/algorithms/joint.js";
export { randomSearch } from "./search/algorithms/random-search.js";
export { type AlgorithmName, algorithms } from "./search/algorithms/registry.js";
export { regularizedEvolution } from "./search/algorithms/regularized-evolution.js";
export { type DriveOptions, drive, type Evaluator, type RecordedEvaluation } from "./search/drive.js";
export { localEvaluator } from "./search/local-evaluator.js";
export { type Preset, type PresetName, presetNames, presets } from "./search/presets.js";
export { defineSpace, type GeneSpace, type SpaceDefinition } from "./spaces/define.js";
export { type HybridOptions, hybridDefaults, hybridSpace } from "./spaces/hybrid.js";
export { keyOf } from "./spaces/identity.js";
export { fromJson, toJson } from "./spaces/json.js";
export { nasbench101Space } from "./spaces/nasbench101.js";
export { type NatsOptions, natsSizeSpace, natsTopologySpace } from "./spaces/nats.js";
export { addSpace, readGenotype, type SpaceFactory, spaceNames, spaceOf } from "./spaces/registry.js";
export type { Gene, GeneValue, Genotype, Role, Space } from "./spaces/space.js";
export type { SpaceTask } from "./spaces/task.js";
export { crossover, mutate, sample } from "./spaces/variation.js";
export { type Ranking, rankingOf } from "./statistics/ranking.js";
export { type Statistics, statisticsOf } from "./statistics/statistics.js";
