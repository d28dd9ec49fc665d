/**
 * @file Synflow and LogSynflow by gradients: a network is linearised as a graph, differentiated, and run by the float64 reference, against
 * the closed form that needs neither.
 */

import { type Architecture, chain, differentiate, type Graph, graphOf, shapeOf } from "@esnas/core/internal";
import { expect, test } from "vitest";
import { GraphBuilder, type Tensor } from "../packages/core/src/graph/builder.js";
import { elements, type OperatorName } from "../packages/core/src/graph/graph.js";
import { closedFormScores } from "./reference/closed-form.js";
import { evaluate } from "./reference/float64.js";
import { equalWeights } from "./reference/linearised-network.js";

const identities = new Set(["BatchNormalization", "Clip", "Gelu", "HardSwish", "LayerNormalization", "Relu", "Swish"]);

/** Without biases, with nonlinearities and normalisations as the identity, softmax as equal shares, gates open. */
function linearised(graph: Graph): Graph {
  const b = new GraphBuilder(graph.name, {
    ...graph,
    nodes: [],
    shapes: new Map(),
    constants: new Map(),
    parameters: new Map(),
  });
  const tensors = new Map<string, Tensor>([[graph.input, b.input(graph.input, shapeOf(graph, graph.input))]]);
  const leaf = (name: string): Tensor => {
    const { parameter, constant } = { parameter: graph.parameters.get(name), constant: graph.constants.get(name) };
    if (constant !== undefined) return b.constant(name, constant.type, constant.values, constant.shape);
    if (parameter === undefined) throw new Error(`there is no tensor "${name}"`);
    return b.parameter(name, parameter.shape, parameter.initialisation);
  };
  for (const { name, operator, attributes, inputs, outputs } of graph.nodes) {
    const isSignal = (tensor: string) => !graph.parameters.has(tensor) && !graph.constants.has(tensor);
    const tensor = (of: string): Tensor => {
      const known = tensors.get(of) ?? leaf(of);
      tensors.set(of, known);
      return known;
    };
    const signals = inputs.filter(isSignal);
    const [x = ""] = signals;
    const equal = (value: number) => {
      const shape = shapeOf(graph, outputs[0] ?? "");
      const target = b.constant(`${name}/shape`, "int64", shape);
      return b.node("Expand", name, [b.constant(`${name}/share`, "float32", [value], []), target]);
    };
    let results: readonly Tensor[];
    if (identities.has(operator) || (operator === "Add" && signals.length === 1)) results = [tensor(x)];
    else if (operator === "Softmax") results = [equal(1 / (shapeOf(graph, x).at(attributes.axis) ?? 1))];
    else if (operator === "HardSigmoid" || operator === "Sigmoid") results = [equal(1)];
    else {
      const kept = ["Conv", "Gemm"].includes(operator) ? inputs.slice(0, 2) : inputs;
      results = b.nodes(operator as OperatorName, name, kept.map(tensor), outputs.length, attributes as never);
    }
    outputs.forEach((output, i) => {
      const result = results[i];
      if (result !== undefined) tensors.set(output, result);
    });
  }
  const output = tensors.get(graph.outputs[0] ?? "");
  if (output === undefined) throw new Error("a network has an output");
  return b.build([output]);
}

function scoresByGradients(architecture: Architecture) {
  const graph = linearised(graphOf(architecture));
  const [of = ""] = graph.outputs;
  const weights = [...graph.parameters.values()].filter(({ initialisation }) => initialisation.kind === "normal");
  const names = weights.map(({ name }) => name);
  const { graph: both, gradients } = differentiate(graph, { of, withRespectTo: names, independent: "zeros" });
  const values = new Map([...graph.parameters.values()].map((p): [string, Float64Array] => [p.name, equalWeights(p)]));
  values.set(graph.input, new Float64Array(elements(shapeOf(graph, graph.input))).fill(1));
  const computed = evaluate(both, values);
  let [synflow, logsynflow] = [0, 0];
  for (const name of names) {
    computed.get(gradients.get(name) ?? "")?.forEach((g, i) => {
      const w = values.get(name)?.[i] ?? Number.NaN;
      synflow += w * g;
      logsynflow += w * Math.log1p(g);
    });
  }
  return { synflow: Math.log(synflow), logsynflow };
}

const inverted = { kind: "inverted-residual", expansion: 2, activation: "relu6" } as const;
const named = (...specs: Parameters<typeof chain>[2][number]["spec"][]) =>
  specs.map((spec, i) => ({ name: `block${i}`, spec }));

test.each([
  [
    "convolutions of several strides and kernels",
    named(
      { kind: "conv-norm", kernel: 3, stride: 2, width: 6, activation: "relu" },
      { ...inverted, kernel: 5, stride: 2, width: 8 },
      { ...inverted, kernel: 3, stride: 1, width: 6 },
      { kind: "head", classes: 3 },
    ),
  ],
  [
    "a hybrid with attention, residuals and squeeze-and-excite",
    named(
      { kind: "patches", stride: 4, width: 8, norm: "after" },
      { kind: "mbconv", kernel: 3, stride: 2, expansion: 2, width: 8, squeeze: 2, activation: "relu" },
      { kind: "transformer", qkvDim: 8, heads: 2, ffn: { kind: "ibn", kernel: 3, expansion: 2 } },
      { kind: "head", classes: 3 },
    ),
  ],
])("of %s, Synflow and LogSynflow by gradients are those of the closed form to 1e-5", (_, blocks) => {
  const architecture = chain("network", [1, 3, 16, 16], blocks);
  const closed = closedFormScores(architecture, "identity");
  const { synflow, logsynflow } = scoresByGradients(architecture);
  expect(Math.abs(synflow - closed.synflow)).toBeLessThan(1e-5);
  expect(Math.abs(logsynflow / closed.logsynflow - 1)).toBeLessThan(1e-5);
});
