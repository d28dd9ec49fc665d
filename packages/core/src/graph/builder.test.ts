import { describe, expect, test } from "vitest";
import { GraphError } from "../base/errors.js";
import { GraphBuilder } from "./builder.js";
import { shapeOf } from "./graph.js";

const ones = { kind: "ones" } as const;

describe("a graph builder", () => {
  test("names nodes, tensors and parameters by block and layer", () => {
    const b = new GraphBuilder("named");
    const x = b.input("input", [1, 4, 8, 8]);
    const y = b.block("stages.0.blocks.1", () =>
      b.node("Conv", "expand", [x, b.parameter("expand.weight", [8, 4, 1, 1], ones)]),
    );
    const graph = b.build([b.node("Relu", "", [y])]);
    expect(graph.nodes.map(({ name, block }) => [name, block])).toEqual([
      ["stages.0.blocks.1/expand/Conv", "stages.0.blocks.1"],
      ["Relu", ""],
    ]);
    expect([...graph.parameters.keys()]).toEqual(["stages.0.blocks.1.expand.weight"]);
    expect(graph.outputs).toEqual(["Relu:out"]);
  });

  test("fills in the attributes that ONNX would", () => {
    const b = new GraphBuilder("defaults");
    const x = b.input("input", [1, 4, 8, 8]);
    const graph = b.build([b.node("Conv", "", [x, b.parameter("weight", [8, 2, 3, 5], ones)], { group: 2 })]);
    expect(graph.nodes[0]?.attributes).toEqual({
      kernel_shape: [3, 5],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      group: 2,
    });
  });

  test("leaves a block when its building fails", () => {
    const b = new GraphBuilder("failing");
    const x = b.input("input", [1, 4]);
    expect(() => b.block("inner", () => b.node("Softmax", "", [x], { axis: 7 }))).toThrow(GraphError);
    b.node("Softmax", "after", [x]);
    expect(b.build([]).nodes.map(({ name }) => name)).toEqual(["after/Softmax"]);
  });

  test("extends a graph and leaves it as it was", () => {
    const first = new GraphBuilder("first");
    const graph = first.build([first.node("Relu", "", [first.input("input", [1, 4])])]);
    const second = new GraphBuilder("second", graph);
    const more = second.build([second.node("Abs", "", [second.tensor("Relu:out")])]);
    expect(graph.nodes).toHaveLength(1);
    expect(graph.shapes.has("Abs:out")).toBe(false);
    expect(more.nodes).toHaveLength(2);
    expect(shapeOf(more, "Abs:out")).toEqual([1, 4]);
  });

  test("refuses two tensors of one name", () => {
    const b = new GraphBuilder("twice");
    b.node("Relu", "act", [b.input("input", [1, 4])]);
    expect(() => b.node("Relu", "act", [b.tensor("input")])).toThrow(/two tensors of the name "act\/Relu:out"/);
  });

  test("refuses a tensor that is not there", () => {
    expect(() => new GraphBuilder("empty").tensor("nowhere")).toThrow(/there is no tensor "nowhere"/);
  });

  test.each([[[4, 1.5]], [[4, -1]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]], [[2 ** 60]]])(
    "refuses a parameter of the shape %j",
    (shape) => {
      expect(() => new GraphBuilder("odd").parameter("weight", shape, ones)).toThrow(GraphError);
    },
  );
});
