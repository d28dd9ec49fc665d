/** @file Nonlinearities in bodies of control flow: metrics do not see them, and a note says so. */

import { importOnnx, onnxRuntime } from "@esnas/core/internal";
import { TensorProto_DataType as DataType, type NodeProto } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { bytes, floats, graph, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);

const any = (name: string) => tensor(name, undefined);
const truth = (name: string) => tensor(name, [], DataType.BOOL);

/** Ways to have a body that computes `out` of `in` with `nodes`, or of `x`, which is around it. */
const ways: Readonly<Record<string, (nodes: readonly NodeProto[]) => NodeProto>> = {
  Loop: (nodes) =>
    node("Loop", ["three", "true", "x"], ["b"], {
      body: graph({
        input: [tensor("i", [], DataType.INT64), truth("c"), any("in")],
        output: [truth("d"), any("out")],
        nodes: [...nodes, node("Identity", ["c"], ["d"])],
      }),
    }),
  If: (nodes) =>
    node("If", ["true"], ["b"], {
      then_branch: graph({ input: [], output: [any("out")], nodes: [node("Identity", ["x"], ["in"]), ...nodes] }),
      else_branch: graph({ input: [], output: [any("e")], nodes: [node("Identity", ["x"], ["e"])] }),
    }),
  Scan: (nodes) =>
    node("Scan", ["x"], ["b"], {
      body: graph({ input: [any("in")], output: [any("out")], nodes }),
      num_scan_inputs: 1,
      scan_input_axes: [2],
      scan_output_axes: [2],
    }),
};

async function notesOn(operator: string, nodes: readonly NodeProto[]) {
  const body = ways[operator]?.(nodes);
  if (body === undefined) throw new Error(`no way "${operator}"`);
  const file = onnxFile(
    {
      input: [tensor("x", [1, 3, 4, 4])],
      output: [any("y")],
      nodes: [body, node("Conv", ["b", "w"], ["y"])],
      stored: [
        floats("w", [2, 3, 1, 1]),
        floats("zero", [], 0),
        floats("six", [], 6),
        floats("half", [], 0.5),
        floats("one", [], 1),
        floats("root", [], Math.SQRT2),
        integers("low", [0], []),
        integers("three", [3], []),
        bytes("true", [], DataType.BOOL),
      ],
    },
    14,
  );
  const { notes } = await importOnnx(file, { runtime });
  return notes.filter((note) => note.includes("nonlinearities"));
}

const bent: Readonly<Record<string, readonly NodeProto[]>> = {
  Relu: [node("Relu", ["in"], ["out"])],
  "a Clip from 0": [node("Clip", ["in", "zero", "six"], ["out"])],
  "a GELU in parts": [
    node("Div", ["in", "root"], ["g1"]),
    node("Erf", ["g1"], ["g2"]),
    node("Add", ["g2", "one"], ["g3"]),
    node("Mul", ["in", "g3"], ["g4"]),
    node("Mul", ["g4", "half"], ["out"]),
  ],
  "a Tanh between others": [node("Tanh", ["in"], ["t"]), node("Add", ["t", "in"], ["out"])],
};

const straight: Readonly<Record<string, readonly NodeProto[]>> = {
  "a factor": [node("Mul", ["in", "half"], ["out"])],
  "a Clip that is not from 0": [node("Clip", ["in", "half", "six"], ["out"])],
  "a gate": [node("Sigmoid", ["in"], ["s"]), node("Mul", ["in", "s"], ["m"]), node("Add", ["m", "s"], ["out"])],
  "a Clip of lengths": [
    node("Shape", ["in"], ["s"]),
    node("Clip", ["s", "low"], ["s0"]),
    node("Reshape", ["in", "s0"], ["out"]),
  ],
};

describe.each(Object.keys(ways))("a body of %s", (operator) => {
  test.each(Object.entries(bent))("has a note where it holds a nonlinearity: %s", async (_, nodes) => {
    expect(await notesOn(operator, nodes)).toEqual([`nonlinearities in the bodies of ${operator} are not counted`]);
  });

  test.each(Object.entries(straight))("has none where it holds none: %s", async (_, nodes) => {
    expect(await notesOn(operator, nodes)).toEqual([]);
  });
});

test("a nonlinearity in a body within a body has a note with the outer one", async () => {
  const then_branch = graph({ input: [], output: [any("bent")], nodes: [node("Relu", ["in"], ["bent"])] });
  const else_branch = graph({ input: [], output: [any("e")], nodes: [node("Identity", ["in"], ["e"])] });
  const nodes = [node("If", ["true"], ["out"], { then_branch, else_branch })];
  expect(await notesOn("Scan", nodes)).toEqual(["nonlinearities in the bodies of Scan are not counted"]);
});
