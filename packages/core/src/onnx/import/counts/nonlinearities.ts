/** @file Which units are nonlinearities, and the bodies of control flow that hold some, where metrics do not see them. */

import { TensorProto_DataLocation as DataLocation, type GraphProto, type NodeProto, type TensorProto } from "onnx-buf";
import { elements } from "../../../graph/graph.js";
import { floatOf, subgraphsOf, tensorOf } from "../file/attributes.js";
import { floatsOf, isFloat } from "../file/stored.js";
import { type Tensors, type Unit, unitsOf } from "../forms/runs.js";
import { gatesOf, signalsOf } from "./gates.js";
import { operatorName } from "./operators.js";

export const nonlinearities: ReadonlySet<string> = new Set([
  "Celu",
  "Clip",
  "Elu",
  "FastGelu",
  "Gelu",
  "HardSwish",
  "LeakyRelu",
  "Mish",
  "PRelu",
  "QuickGelu",
  "Relu",
  "Selu",
  "Softplus",
  "Softsign",
  "Swish",
  "ThresholdedRelu",
]);

/** Nonlinearities, unless they are a gate that another tensor is multiplied by, or give an output of the network. */
export const gates: ReadonlySet<string> = new Set(["HardSigmoid", "Sigmoid", "Tanh"]);

/** The tensor that enters a unit which may be a nonlinearity. */
export function nonlinearityInputOf({ node: { opType, input } }: Pick<Unit, "node">): string | undefined {
  return nonlinearities.has(opType) || gates.has(opType) ? input[0] : undefined;
}

/** Whether a Clip is cut off at 0, as ReLU6 is. */
export function cutsAtZero(node: NodeProto, scalarOf: (name: string) => number | undefined): boolean {
  const [, low = ""] = node.input;
  return (low === "" ? floatOf(node, "min", Number.NEGATIVE_INFINITY) : scalarOf(low)) === 0;
}

/**
 * Operators whose bodies hold nonlinearities.
 * @param nodes - In topological order.
 * @param outputs - Of the network.
 */
export function operatorsThatHideNonlinearities(
  nodes: readonly NodeProto[],
  input: string,
  outputs: readonly string[],
  tensors: Tensors,
): readonly string[] {
  const signals = signalsOf([input], nodes);
  const given = gatesOf(nodes, outputs, signals);
  const hiding = nodes.filter((node) => hidesNonlinearity(node, { signals, gates: given, tensors }));
  return [...new Set(hiding.map(operatorName))];
}

interface Around {
  readonly signals: ReadonlySet<string>;
  readonly gates: ReadonlySet<string>;
  readonly tensors: Tensors;
}

function hidesNonlinearity(node: NodeProto, around: Around): boolean {
  return subgraphsOf(node).some((body) => {
    // Which of its inputs a body is given signals in is not followed: a count of rounds and a condition are none.
    const isGiven = node.input.some((name) => around.signals.has(name));
    const given = isGiven ? body.input.slice(node.opType === "Loop" ? 2 : 0).map(({ name }) => name) : [];
    const signals = signalsOf([...around.signals, ...given], body.node);
    const isGate = node.output.some((name) => around.gates.has(name));
    const outputs = body.output.map(({ name }) => name);
    const tensors = within(body, around.tensors);
    const units = unitsOf(body.node, outputs, tensors);
    const inner = {
      signals,
      tensors,
      gates: gatesOf(
        units.map((unit) => unit.node),
        isGate ? outputs : [],
        signals,
      ),
    };
    return units.some(({ node: own }) => isNonlinearity(own, inner) || hidesNonlinearity(own, inner));
  });
}

function isNonlinearity(node: NodeProto, { signals, gates: given, tensors }: Around): boolean {
  const { opType, input, output } = node;
  if (!signals.has(input[0] ?? "")) return false;
  if (opType === "Clip") return cutsAtZero(node, tensors.scalarOf);
  return nonlinearities.has(opType) || (gates.has(opType) && !given.has(output[0] ?? ""));
}

/** What is known of tensors in a body. Their shapes are not: all have one, so that runs are known by their numbers alone. */
function within(body: GraphProto, around: Tensors): Tensors {
  const scalars = new Map<string, number>();
  for (const node of body.node) {
    const value = node.opType === "Constant" ? tensorOf(node, "value") : undefined;
    const number = value === undefined ? floatAttributeOf(node) : numberIn(value);
    if (number !== undefined) scalars.set(node.output[0] ?? "", number);
  }
  return {
    ...around,
    scalarOf: (name) => scalars.get(name) ?? around.scalarOf(name),
    shapeOf: () => [1],
  };
}

function numberIn(value: TensorProto): number | undefined {
  const isHere = value.dataLocation === DataLocation.DEFAULT && isFloat(value.dataType);
  return isHere && elements(value.dims.map(Number)) === 1 ? floatsOf(value)[0] : undefined;
}

function floatAttributeOf({ opType, attribute: [value] }: NodeProto): number | undefined {
  return opType === "Constant" && value?.name === "value_float" ? value.f : undefined;
}
