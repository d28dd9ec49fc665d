/** @file Types of parts of graphs, and the attributes of each operator. Public as the namespace `graphTypes`. */

export type * from "./attributes.js";
export type { Builder, ParameterOptions } from "./builder.js";
export type {
  AttributesOf,
  Constant,
  GraphFile,
  Initialisation,
  NodeOf,
  OpaqueName,
  OperatorName,
  TrailingLengths,
} from "./graph.js";
export type { Operand } from "./operator.js";
