/** @file The public interface of the package. */

export * from "./architecture/architecture.js";
export * from "./blocks/registry.js";
export * from "./errors.js";
export * from "./graph/builder.js";
export * from "./graph/cost.js";
export * from "./graph/graph.js";
