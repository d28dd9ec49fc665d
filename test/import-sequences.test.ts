/** @file Files in which some values are no tensors: sequences, and what may be absent. */

import { create } from "@bufbuild/protobuf";
import { architectureCosts, importOnnx, metricsOf, onnxRuntime, Scorer } from "@esnas/core/internal";
import {
  TensorProto_DataType as DataType,
  type NodeProto,
  TypeProto_SequenceSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { bytes, floats, graph, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);

/** A sequence of float tensors by name. */
function sequence(name: string): ValueInfoProto {
  const elemType = tensor(name, undefined).type;
  const value = create(TypeProto_SequenceSchema, { ...(elemType && { elemType }) });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "sequenceType", value } }),
  });
}

/** Two copies of a signal along its third axis, which PyTorch writes as a loop that collects slices. */
const collecting = graph({
  input: [tensor("i", [], DataType.INT64), tensor("c", [], DataType.BOOL), sequence("before")],
  output: [tensor("d", [], DataType.BOOL), sequence("after")],
  nodes: [node("SequenceInsert", ["before", "r"], ["after"]), node("Identity", ["c"], ["d"])],
});

const branch = (name: string, nodes: readonly NodeProto[]) => graph({ input: [], output: [sequence(name)], nodes });

const choosing = {
  then_branch: branch("both", [node("SequenceConstruct", ["r", "r"], ["both"])]),
  else_branch: branch("one", [node("SequenceConstruct", ["r"], ["one"])]),
};

const joined = node("ConcatFromSequence", ["s"], ["t"], { axis: 2 });

/** Ways from `r` to `t`, which is twice as high. */
const ways: Readonly<Record<string, readonly NodeProto[]>> = {
  SequenceConstruct: [node("SequenceConstruct", ["r", "r"], ["s"]), joined],
  "SequenceEmpty and SequenceInsert": [
    node("SequenceEmpty", [], ["s0"]),
    node("SequenceInsert", ["s0", "r"], ["s1"]),
    node("SequenceInsert", ["s1", "r"], ["s"]),
    joined,
  ],
  "a Loop": [
    node("SequenceEmpty", [], ["s0"]),
    node("Loop", ["two", "true", "s0"], ["s"], { body: collecting }),
    joined,
  ],
  "an If": [node("If", ["true"], ["s"], choosing), joined],
  "Identity and SequenceErase": [
    node("SequenceConstruct", ["r", "r", "r"], ["s0"]),
    node("SequenceErase", ["s0"], ["s1"]),
    node("Identity", ["s1"], ["s"]),
    joined,
  ],
  SplitToSequence: [
    node("Concat", ["r", "r"], ["c"], { axis: 2 }),
    node("SplitToSequence", ["c"], ["s"], { axis: 2 }),
    joined,
  ],
  Optional: [
    node("SequenceConstruct", ["r", "r"], ["s0"]),
    node("Optional", ["s0"], ["o"]),
    node("OptionalGetElement", ["o"], ["s"]),
    joined,
  ],
};

function fileOf(way: readonly NodeProto[], output = tensor("y", undefined)) {
  return onnxFile(
    {
      input: [tensor("x", ["n", 3, 8, 8])],
      output: [output],
      nodes: [
        node("Conv", ["x", "w"], ["a"]),
        node("Relu", ["a"], ["r"]),
        ...way,
        node("Conv", ["t", "v"], ["b"]),
        node("Relu", ["b"], ["y"]),
      ],
      stored: [
        floats("w", [4, 3, 3, 3]),
        floats("v", [4, 4, 3, 3]),
        integers("two", [2], []),
        bytes("true", [], DataType.BOOL),
      ],
    },
    15,
  );
}

async function readOf(way: readonly NodeProto[]) {
  const { architecture, notes } = await importOnnx(fileOf(way), { runtime, name: "file" });
  const scorer = new Scorer(runtime, { seed: 1, sessions: 1 });
  const metrics = metricsOf("entropic-score,activation-layers");
  const scores = await Promise.all(metrics.map((metric) => scorer.score(architecture, metric)));
  await scorer.release();
  return { costs: architectureCosts(architecture).macs, notes, scores };
}

describe("a file that keeps signals in a sequence", () => {
  test.each(Object.entries(ways))("has the costs and scores of one that does not: %s", async (_, way) => {
    expect(await readOf(way)).toEqual(await readOf([node("Concat", ["r", "r"], ["t"], { axis: 2 })]));
  });

  test("and gives it as an output is refused with its name", async () => {
    const way = [node("SequenceConstruct", ["r", "r"], ["s"]), joined];
    await expect(importOnnx(fileOf(way, sequence("s")), { runtime })).rejects.toThrow('output "s" is no tensor');
  });
});
