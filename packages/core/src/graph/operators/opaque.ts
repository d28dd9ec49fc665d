/**
 * @file What stands in a graph for nodes of a file that are not of the closed set: one operator of ONNX, or a run of them that acts
 * as one. Their shapes were seen when the file was run, and the file's own nodes run in their place; what they are is told apart
 * here by what metrics need to know of them.
 */

import { GraphError } from "../../base/errors.js";
import type { OpaqueOperatorAttributes } from "../attributes.js";
import { passes, silent } from "../flow-rule.js";
import type { Operator } from "../operator.js";
import { type AlongAxesAttributes, alongAxesFlow } from "./along-axes.js";
import { type ContractionAttributes, contractionFlow } from "./contraction.js";
import { openGate } from "./gate.js";

/** Of what stands for nodes of a file. */
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

/** A sigmoid that another signal is multiplied by: gate.ts. */
const OpaqueGate: Operator<OpaqueAttributes> = {
  ...Opaque,
  flow: ({ outputs: [output = []] }) => openGate(output),
};

/** Linear along each axis: what stretches, repeats, averages, selects or interpolates. */
const OpaqueAlongAxes: Operator<OpaqueAttributes & AlongAxesAttributes> = {
  ...Opaque,
  attributeTypes: { macs: "int", lengths: "none", maps: "none", factor: "none" },
  defaults: () => ({ macs: 0, lengths: [], maps: [], factor: 1 }),
  flow: alongAxesFlow,
};

/** A product that sums over some axes. */
const OpaqueContraction: Operator<OpaqueAttributes & ContractionAttributes> = {
  ...Opaque,
  attributeTypes: { macs: "int", factors: "none", output: "none" },
  defaults: () => ({ macs: 0, factors: [], output: [] }),
  flow: contractionFlow,
};

export const opaqueOperators = {
  Opaque,
  OpaqueAlongAxes,
  OpaqueContraction,
  OpaqueGate,
  /** A nonlinearity that metrics of activations look at; the identity in a linearised network. */
  OpaqueNonlinearity: { ...Opaque, nonlinearity: true, inPlace: true, flow: () => passes },
  /** The identity in a linearised network: a change of type, a normalisation that divides by neighbours, a gate by itself. */
  OpaquePassing: { ...Opaque, inPlace: true, flow: () => passes },
  OpaqueConstant: { ...Opaque, flow: () => silent },
} as const satisfies { readonly [K in keyof OpaqueOperatorAttributes]: Operator<OpaqueOperatorAttributes[K]> };
