/**
 * @file `@esnas/core/plugin`: what a plugin file imports, to define metrics, spaces and blocks of its own. `docs/plugins.md` has
 * the recipes.
 */

export { z } from "zod";
export {
  type Architecture,
  architectureCosts,
  blockGraph,
  chain,
  costsOfBlock,
  graphOf,
  type PlacedBlock,
} from "./architecture/architecture.js";
export { describeStages } from "./architecture/describe.js";
export { EsnasError, GraphError, InfeasibleError, InputError, UnscorableError } from "./base/errors.js";
export type { Block } from "./blocks/block.js";
export {
  addBlock,
  type BlockDefinition,
  type BlockExample,
  type CustomKind,
  type CustomSpec,
  defineBlock,
} from "./blocks/custom.js";
export * as layers from "./blocks/layers.js";
export { dropPath, layerNorm, layerScaleModule, type PyTorchModule, type PythonDefinition } from "./blocks/pytorch.js";
export { type BlockSpec, buildBlock, moduleOf } from "./blocks/registry.js";
export type * as specs from "./blocks/specs.js";
export type { Builder, GraphBuilder, Tensor } from "./graph/builder.js";
export type { Costs } from "./graph/cost.js";
export type { LayerWeights, NormalisationFlow, Tally } from "./graph/flow-rule.js";
export { elements, type Graph, type Node, outputOf, type Shape, shapeOf } from "./graph/graph.js";
export { dimension } from "./graph/operator.js";
export type * as graphTypes from "./graph/types.js";
export { flowOptions, tallyFlow } from "./metrics/flow-metric.js";
export {
  defineMetric,
  type MetricContract,
  type MetricDefinition,
  type Observation,
  type Observed,
  type Score,
  scoreOf,
} from "./metrics/metric.js";
export {
  forwardOptions,
  type Nonlinearity,
  nonlinearitiesOf,
  type Place,
  placesOf,
  type Site,
} from "./metrics/nonlinearities.js";
export { defineSpace, type GeneSpace, type SpaceDefinition } from "./spaces/define.js";
export { type HybridOptions, hybridDefaults, hybridSpace } from "./spaces/hybrid.js";
export { recently, type Space } from "./spaces/space.js";
