/** @file `@esnas/core/testing`: the suites that metrics, spaces, blocks and evaluators of others can run too. */

export { blockConformance } from "./block-conformance.js";
export type { Check } from "./check.js";
export { evaluatorConformance } from "./evaluator-conformance.js";
export { metricConformance } from "./metric-conformance.js";
export { spaceConformance } from "./space-conformance.js";
