/** @file What the packages of this repository need of the core: the public names of `index.ts`, and those that programs have no use for. */

export * from "./analysis/comparison.js";
export * from "./analysis/patterns.js";
export * from "./analysis/traits.js";
export * from "./architecture/architecture.js";
export * from "./architecture/describe.js";
export * from "./architecture/figure.js";
export * from "./architecture/input-size.js";
export * from "./architecture/pytorch.js";
export * from "./architecture/task.js";
export * from "./base/errors.js";
export * from "./base/extremes.js";
export * from "./base/first-issue.js";
export * from "./base/numbers.js";
export * from "./base/printable.js";
export * from "./base/producer.js";
export * from "./base/random-numbers.js";
export * from "./base/shell-word.js";
export { version } from "./base/version.js";
export { architectureText } from "./benchmark/architecture-cell.js";
export * from "./benchmark/ground-truth.js";
export * from "./benchmark/sample.js";
export * from "./benchmark/table.js";
export {
  addBlock,
  type BlockDefinition,
  type BlockExample,
  type CustomKind,
  type CustomSpec,
  customBlocks,
  defineBlock,
} from "./blocks/custom.js";
export * from "./blocks/registry.js";
export * from "./budget/constraints.js";
export * from "./budget/units.js";
export * from "./budget/usage.js";
export * from "./gradient/batch.js";
export * from "./gradient/batch-statistics.js";
export * from "./gradient/differentiate.js";
export * from "./graph/arithmetic.js";
export * from "./graph/builder.js";
export * from "./graph/cost.js";
export * from "./graph/flow.js";
export * from "./graph/flow-builder.js";
export * from "./graph/flow-rule.js";
export * from "./graph/graph.js";
export * from "./latency/calibration.js";
export * from "./latency/check.js";
export * from "./latency/predictor.js";
export * from "./latency/profile.js";
export {
  describe,
  type ExportOptions,
  exportOnnx,
  type NetworkDescription,
  type NetworkLike,
  type NetworkOptions,
} from "./library/network.js";
export { type ScoreOptions, score } from "./library/score.js";
export * from "./library/search.js";
export { logSynflowByBlock } from "./metrics/logsynflow.js";
export * from "./metrics/metric.js";
export * from "./metrics/registry.js";
export * from "./metrics/skip-length.js";
export * from "./metrics/static-score.js";
export { convnextBackbone } from "./models/convnext.js";
export { edgenextBackbone } from "./models/edgenext.js";
export * from "./models/esformer.js";
export { mobilenetv2Backbone } from "./models/mobilenetv2.js";
export { mobilevitBackbone } from "./models/mobilevit.js";
export * from "./models/model.js";
export * from "./models/registry.js";
export { shufflenetv2Backbone } from "./models/shufflenetv2.js";
export * from "./objective/objective.js";
export * from "./objective/ranks.js";
export * from "./onnx/decode.js";
export * from "./onnx/encode.js";
export * from "./onnx/formats/safetensors.js";
export * from "./onnx/import/import.js";
export { runtimeMessage } from "./onnx/import/shapes.js";
export * from "./onnx/model-files.js";
export * from "./report/axis.js";
export * from "./report/provenance.js";
export * from "./report/run-name.js";
export * from "./report/run-title.js";
export * from "./report/search-command.js";
export * from "./report/stage-table.js";
export * from "./runtime/onnxruntime.js";
export * from "./runtime/session.js";
export * from "./runtime/weights.js";
export { instrument } from "./scoring/block-sessions.js";
export * from "./scoring/entropy-by-layer.js";
export * from "./scoring/scorer.js";
export * from "./search/algorithm.js";
export * from "./search/algorithms/cyclic.js";
export * from "./search/algorithms/evolution.js";
export * from "./search/algorithms/finals.js";
export * from "./search/algorithms/freerea.js";
export * from "./search/algorithms/joint.js";
export * from "./search/algorithms/random-search.js";
export * from "./search/algorithms/registry.js";
export * from "./search/algorithms/regularized-evolution.js";
export * from "./search/algorithms/topology-budget.js";
export * from "./search/drive.js";
export * from "./search/family.js";
export * from "./search/front/front.js";
export * from "./search/front/progress.js";
export * from "./search/front/settings.js";
export * from "./search/local-evaluator.js";
export * from "./search/order.js";
export * from "./search/presets.js";
export * from "./search/progress.js";
export * from "./search/recipes.js";
export * from "./search/settings.js";
export * from "./spaces/define.js";
export * from "./spaces/hybrid.js";
export * from "./spaces/hybrid-file.js";
export { codeOf, distinct, genotypeOfCode, keyOf } from "./spaces/identity.js";
export * from "./spaces/json.js";
export * from "./spaces/nasbench101.js";
export * from "./spaces/nasbench101-isomorphism.js";
export * from "./spaces/nats.js";
export * from "./spaces/registry.js";
export {
  type Gene,
  type GeneValue,
  type Genotype,
  type Notation,
  type Role,
  rolesOf,
  type Space,
} from "./spaces/space.js";
export * from "./spaces/task.js";
export * from "./spaces/variation.js";
export * from "./statistics/budgets.js";
export { atBudget, BINS, type CostsOfRows, type FixedBudget, fixedBudgetOf, NEAR } from "./statistics/fixed-budget.js";
export * from "./statistics/picks.js";
export * from "./statistics/ranking.js";
export * from "./statistics/statistics.js";
export { NDCG_PLACES } from "./statistics/top.js";
export * from "./testing/scattered-weights.js";
export * from "./training/loss.js";
export * from "./training/optimizer.js";
export * from "./training/schedule.js";
