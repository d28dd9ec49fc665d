/**
 * @file Nodes of ours in the form of older operator sets: what metrics add to a file of another age, and normalisation by the
 * batch's statistics, which ONNX Runtime has from opset 14 on.
 */

import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type NodeProto,
  NodeProtoSchema,
  TensorProtoSchema,
} from "onnx-buf";
import { type Graph, type Node, shapeOf } from "../graph/graph.js";
import { changed } from "./import/file/attributes.js";

type Step = Pick<NodeProto, "name" | "opType" | "input" | "output"> & { readonly attribute?: AttributeProto[] };

function ints(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeKind.INTS, ints: values.map(BigInt) });
}

function int(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(value) });
}

function scalar(name: string, value: number): Step {
  const t = create(TensorProtoSchema, { dims: [1n], dataType: DataType.FLOAT, floatData: [value] });
  const attribute = [create(AttributeProtoSchema, { name: "value", type: AttributeKind.TENSOR, t })];
  return { name, opType: "Constant", input: [], output: [name], attribute };
}

/** The nodes that compute what a node of ours does at an opset before 18; `undefined` where that is the node itself. */
export function inOlderOpset(graph: Graph, node: Node, opset: number): NodeProto[] | undefined {
  const steps = stepsOf(graph, node, opset);
  return steps?.map((step) => create(NodeProtoSchema, step));
}

function stepsOf(graph: Graph, { name, operator, attributes, inputs, outputs: [y = ""] }: Node, opset: number) {
  const [x = ""] = inputs;
  if (operator === "ReduceSum" && opset < 13) {
    const axes = graph.constants.get(inputs[1] ?? "")?.values ?? [];
    const attribute = [ints("axes", axes), int("keepdims", attributes.keepdims)];
    return [{ name, opType: operator, input: [x], output: [y], attribute }];
  }
  if (operator === "Softmax" && opset < 13) {
    const rank = shapeOf(graph, x).length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    return [{ name, opType: operator, input: [x], output: [y], attribute: [int("axis", axis)] }];
  }
  if (operator === "Gemm" && opset < 11 && inputs.length === 2) {
    const attribute = [int("transA", attributes.transA), int("transB", attributes.transB)];
    attribute.push(create(AttributeProtoSchema, { name: "alpha", type: AttributeKind.FLOAT, f: attributes.alpha }));
    const zero = scalar(`${name}:zero`, 0);
    return [zero, { name, opType: operator, input: [...inputs, zero.name], output: [y], attribute }];
  }
  if (operator === "Sign" && opset < 9) return signSteps(name, x, y);
  return undefined;
}

function signSteps(name: string, x: string, y: string): Step[] {
  const zero = scalar(`${name}:zero`, 0);
  const side = (opType: "Greater" | "Less"): Step[] => [
    { name: `${name}:${opType}`, opType, input: [x, zero.name], output: [`${name}:${opType}`] },
    {
      name: `${name}:${opType}1`,
      opType: "Cast",
      input: [`${name}:${opType}`],
      output: [`${name}:${opType}1`],
      attribute: [int("to", DataType.FLOAT)],
    },
  ];
  const difference = { name, opType: "Sub", input: [`${name}:Greater1`, `${name}:Less1`], output: [y] };
  return [zero, ...side("Greater"), ...side("Less"), difference];
}

/**
 * A batch normalisation by the statistics of the batch.
 * @param rank - Axes of what is normalised.
 */
export function trainingBatchNormalization(node: NodeProto, opset: number, rank: number, epsilon: number): NodeProto[] {
  const [x = "", scale = "", bias = ""] = node.input;
  const [y = ""] = node.output;
  const at = `${node.name}|${y}`;
  if (opset >= 14) {
    // Momentum 1 works around a wrong result of ONNX Runtime (microsoft/onnxruntime#29790) and changes nothing else.
    const momentum = create(AttributeProtoSchema, { name: "momentum", type: AttributeKind.FLOAT, f: 1 });
    const kept = node.attribute.filter(({ name }) => name !== "momentum" && name !== "training_mode");
    const attribute = [...kept, int("training_mode", 1), momentum];
    return [changed(node, { output: [y, `${at}:mean`, `${at}:var`], attribute })];
  }
  const step = (label: string, opType: string, input: string[], attribute: AttributeProto[] = []): Step => ({
    name: `${at}:${label}`,
    opType,
    input: input.map((name) => (name.startsWith(":") ? `${at}${name}` : name)),
    output: [label === "y" ? y : `${at}:${label}`],
    attribute,
  });
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  const mean = [ints("axes", axes), int("keepdims", 1)];
  const shape = create(TensorProtoSchema, {
    dims: [BigInt(rank - 1)],
    dataType: DataType.INT64,
    int64Data: axes.map((_, i) => (i === 0 ? -1n : 1n)),
  });
  const value = [create(AttributeProtoSchema, { name: "value", type: AttributeKind.TENSOR, t: shape })];
  const steps: Step[] = [
    step("mu", "ReduceMean", [x], mean),
    step("centred", "Sub", [x, ":mu"]),
    step("square", "Mul", [":centred", ":centred"]),
    step("variance", "ReduceMean", [":square"], mean),
    scalar(`${at}:epsilon`, epsilon),
    step("shifted", "Add", [":variance", ":epsilon"]),
    step("deviation", "Sqrt", [":shifted"]),
    step("normal", "Div", [":centred", ":deviation"]),
    step("channels", "Constant", [], value),
    step("scale", "Reshape", [scale, ":channels"]),
    step("bias", "Reshape", [bias, ":channels"]),
    step("scaled", "Mul", [":normal", ":scale"]),
    step("y", "Add", [":scaled", ":bias"]),
  ];
  return steps.map((of) => create(NodeProtoSchema, of));
}
