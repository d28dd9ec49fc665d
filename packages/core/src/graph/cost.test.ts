import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { architectureCosts, graphOf } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { GraphBuilder, type Tensor } from "./builder.js";
import { costsOf } from "./cost.js";
import { elements, type Graph, type Shape, shapeOf } from "./graph.js";

const ones = { kind: "ones" } as const;

/** Operators that may write where their first input was, if they give as much as they took. */
const IN_PLACE = new Set(
  "Abs Add BatchNormalization Clip Flatten Gelu HardSwish LayerNormalization Log LpNormalization Mul Relu Reshape Sign Softmax Swish".split(
    " ",
  ),
);
const NONLINEARITIES = new Set(["Clip", "Gelu", "HardSwish", "Relu", "Swish"]);
const MULTIPLYING = new Set(["Conv", "Gemm", "MatMul"]);

/**
 * The most bytes of activations alive at once, by a machine with buffers: each tensor takes a buffer, or the one of the
 * first input that nobody needs any more; a buffer is given back when nobody is left to read it.
 */
function simulatedPeak(graph: Graph): number {
  const readers = new Map<string, number>();
  const read = (name: string, by: number) => readers.set(name, (readers.get(name) ?? 0) + by);
  for (const { inputs } of graph.nodes) for (const name of new Set(inputs)) read(name, 1);
  for (const name of graph.outputs) read(name, 1);

  const buffers = new Map<string, number>([[graph.input, 4 * elements(shapeOf(graph, graph.input))]]);
  const inUse = () => [...buffers.values()].reduce((total, bytes) => total + bytes, 0);
  let peak = inUse();
  for (const { operator, inputs, outputs } of graph.nodes) {
    for (const name of new Set(inputs)) read(name, -1);
    const [first = ""] = inputs;
    for (const output of outputs) {
      const bytes = 4 * elements(shapeOf(graph, output));
      if (IN_PLACE.has(operator) && readers.get(first) === 0 && buffers.get(first) === bytes) buffers.delete(first);
      buffers.set(output, bytes);
    }
    peak = Math.max(peak, inUse());
    for (const name of buffers.keys()) if ((readers.get(name) ?? 0) === 0) buffers.delete(name);
  }
  return peak;
}

/** A step of a random graph: what is done to which of the tensors that are there. */
interface Step {
  readonly what: "relu" | "conv" | "pool" | "add" | "gate" | "concat" | "split" | "norm" | "bias" | "product";
  readonly first: number;
  readonly second: number;
  readonly out: number;
}

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom("relu", "conv", "pool", "add", "gate", "concat", "split", "norm", "bias", "product"),
    first: fc.nat(9),
    second: fc.nat(9),
    out: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** What a step gives; nothing where its tensors do not fit. */
function take(b: GraphBuilder, layer: string, { what, out }: Step, x: Tensor, y: Tensor): readonly Tensor[] {
  const [, channels = 1, height, width] = x.shape;
  const parameter = (name: string, shape: Shape, trainable = true) =>
    b.parameter(`${layer}.${name}`, shape, ones, { trainable });
  switch (what) {
    case "relu":
      return [b.node("Relu", layer, [x])];
    case "conv":
      return [b.node("Conv", layer, [x, parameter("weight", [out, channels, 1, 1]), parameter("bias", [out])])];
    case "pool":
      return [b.node("GlobalAveragePool", layer, [x])];
    case "norm": {
      const trained = ["scale", "bias"].map((role) => parameter(role, [channels]));
      const running = ["mean", "variance"].map((role) => parameter(role, [channels], false));
      return [b.node("BatchNormalization", layer, [x, ...trained, ...running])];
    }
    case "bias":
      return [b.node("Add", layer, [parameter("bias", [1, channels, 1, 1]), x])];
    case "product":
      return [b.node("MatMul", layer, [x, b.node("Transpose", layer, [x], { perm: [0, 1, 3, 2] })])];
    case "split":
      return channels % 2 === 0 ? b.nodes("Split", layer, [x], 2, { axis: 1 }) : [];
    case "concat":
      return height === y.shape[2] && width === y.shape[3] ? [b.node("Concat", layer, [x, y])] : [];
    case "add":
    case "gate": {
      const fit = x.shape.every((n, axis) => n === y.shape[axis] || n === 1 || y.shape[axis] === 1);
      return fit ? [b.node(what === "add" ? "Add" : "Mul", layer, [x, y])] : [];
    }
  }
}

/** A graph whose tensors are read late, twice or never, and that may have two outputs. */
function graphOfSteps(list: readonly Step[], secondOutput: number): Graph {
  const b = new GraphBuilder("steps");
  const input = b.input("input", [1, 4, 3, 3]);
  const tensors = [input];
  /** Counted from the newest, so that most graphs are deep. */
  const tensor = (back: number) => tensors.at(-1 - (back % tensors.length)) ?? input;
  list.forEach((step, i) => {
    tensors.push(...take(b, `${i}`, step, tensor(step.first), tensor(step.second)));
  });
  const outputs = new Set([tensor(0), tensor(secondOutput)]);
  return b.build([...outputs].filter(({ name }) => name !== "input"));
}

describe("costs of a graph", () => {
  const graphs = fc.tuple(steps, fc.nat(9)).map(([list, second]) => graphOfSteps(list, second));

  test("are sums over its parameters and nodes", () => {
    const property = fc.property(graphs, (graph) => {
      let parameters = 0;
      for (const { name, shape } of graph.parameters.values()) {
        if (!/\.(mean|variance)$/.test(name)) parameters += elements(shape);
      }
      let macs = 0;
      let activations = 0;
      for (const { operator, inputs, outputs } of graph.nodes) {
        if (!MULTIPLYING.has(operator)) continue;
        const given = outputs.map((name) => elements(shapeOf(graph, name))).reduce((a, n) => a + n, 0);
        const [x = [], y = []] = inputs.map((name) => shapeOf(graph, name));
        activations += given;
        macs += given * (operator === "Conv" ? (y[1] ?? 0) : (x.at(-1) ?? 0));
      }
      const activationLayers = graph.nodes.filter(({ operator }) => NONLINEARITIES.has(operator)).length;
      expect(costsOf(graph)).toMatchObject({ parameters, macs, activations, activationLayers });
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  test("have the peak memory of a machine that takes and gives back buffers", () => {
    const property = fc.property(graphs, (graph) => {
      expect(costsOf(graph).peakMemory).toBe(simulatedPeak(graph));
    });
    fc.assert(property, { seed: 2, numRuns: 1000 });
  });

  test("have the peak memory of a residual block by hand: its input, an expanded map and another", () => {
    const b = new GraphBuilder("residual");
    const x = b.input("input", [1, 2, 4, 4]);
    const expanded = b.node("Conv", "expand", [x, b.parameter("expand.weight", [6, 2, 1, 1], ones)]);
    const mixed = b.node("Conv", "mix", [
      b.node("Relu", "act", [expanded]),
      b.parameter("mix.weight", [6, 6, 1, 1], ones),
    ]);
    const projected = b.node("Conv", "project", [mixed, b.parameter("project.weight", [2, 6, 1, 1], ones)]);
    const graph = b.build([b.node("Add", "residual", [x, projected])]);
    expect(costsOf(graph).peakMemory).toBe(4 * 16 * (2 + 6 + 6));
  });
});

describe("costs of a chain of blocks", () => {
  test("are those of the whole network as one graph, all five, for random genotypes", () => {
    const spaces = [hybridSpace(), hybridSpace({ input: [1, 32, 32], classes: 10, stem: 2 })];
    const property = fc.property(fc.constantFrom(...spaces), fc.nat(), (space, seed) => {
      const architecture = space.build(sample(space, seededRandom(seed)));
      const graph = graphOf(architecture);
      expect(architectureCosts(architecture)).toEqual(costsOf(graph));
      expect(architectureCosts(architecture).peakMemory).toBe(simulatedPeak(graph));
    });
    fc.assert(property, { seed: 3, numRuns: 60 });
  });
});
