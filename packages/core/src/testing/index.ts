/** @file `@esnas/core/testing`: the suites that metrics, spaces and evaluators of others can run too. */

export * from "./block-conformance.js";
export * from "./block-examples.js";
export * from "./check.js";
export * from "./evaluator-conformance.js";
export * from "./metric-conformance.js";
export * from "./renamed.js";
export * from "./scattered-weights.js";
export * from "./space-conformance.js";
