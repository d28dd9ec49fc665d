/**
 * @file What stands in a graph for nodes of a file that are not of the closed set: one operator of ONNX, or a run of them that acts
 * as one. Their shapes were seen when the file was run, and the file's own nodes run in their place; what they are is told apart
 * here by what metrics need to know of them.
 */

import { GraphError } from "../../errors.js";
import { type FlowRule, passes } from "../flow-rule.js";
import type { Operator } from "../operator.js";

export interface OpaqueAttributes {
  /** Multiply-accumulates at batch 1. */
  readonly macs: number;
}

/** Without a flow. */
const Opaque: Operator<OpaqueAttributes> = {
  attributeTypes: { macs: "int" },
  defaults: () => ({ macs: 0 }),
  shape: () => {
    throw new GraphError("has the shape that it has in its file, and no other");
  },
  macs: ({ attributes }) => attributes.macs,
};

/** Carries no signal: its value hangs on shapes and constants alone. */
const silent: FlowRule = { kind: "source", field: undefined };

export const opaqueOperators = {
  Opaque,
  /** A nonlinearity that metrics of activations look at; the identity in a linearised network. */
  OpaqueNonlinearity: { ...Opaque, nonlinearity: true, inPlace: true, flow: () => passes },
  /** The identity in a linearised network: a change of type, a normalisation that divides by neighbours, a gate by itself. */
  OpaquePassing: { ...Opaque, inPlace: true, flow: () => passes },
  OpaqueConstant: { ...Opaque, flow: () => silent },
} as const;
