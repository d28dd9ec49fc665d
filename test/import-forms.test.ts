/**
 * @file Files in which exporters and ONNX Runtime write one function in different forms: each has the costs and scores of the others.
 * The files of a group have the same layers with weights of their own, so that random weights are theirs alone to differ in.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importOnnx, metricsOf, onnxRuntime, Scorer, type Scores } from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";

const FOLDER = fileURLToPath(new URL("fixtures/forms/", import.meta.url));
const runtime = onnxRuntime(ort);
const metrics = metricsOf("parameters,macs,activation-layers,logsynflow,synflow");

async function read(file: string) {
  const model = await importOnnx(readFileSync(`${FOLDER}${file}.onnx`), { runtime });
  const scorer = new Scorer(runtime, { seed: 0, sessions: 1 });
  try {
    return { model, scores: await scorer.scores(model.architecture, metrics) };
  } finally {
    await scorer.release();
  }
}

function expectSame(scores: Scores, others: Scores): void {
  for (const [metric, score] of Object.entries(scores)) {
    if (typeof score === "number") expect(Number(others[metric]) / score, metric).toBeCloseTo(1, 5);
    else expect(others[metric], metric).toMatchObject({ value: null });
  }
}

test.each<[string, number, readonly string[]]>([
  ["squeeze-and-excite by view", 3, ["se-torch-0", "se-torch-1"]],
  [
    "a gate that is moved behind its sigmoid",
    2,
    ["gate-reshape-sigmoid", "gate-sigmoid-reshape", "gate-sigmoid-reshape-expand"],
  ],
  ["a hard sigmoid as a gate", 2, ["gate-hardsigmoid-op", "gate-hardsigmoid-written-out"]],
  ["a hard sigmoid with bounds out of a list", 1, ["hardsigmoid-gate", "hardsigmoid-gate-bounds-of-list"]],
  ["an output softmax that is expanded", 1, ["softmax-of-logits", "softmax-then-expand"]],
  [
    "HardSwish and a hard sigmoid of PyTorch",
    3,
    ["hsig-op-14", "hsig-op-11", ...["clamp", "frelu6", "relu6"].flatMap((of) => [`hsig-${of}-11`, `hsig-${of}-14`])],
  ],
  ["ReLU6 as Clip, as Relu and Clip, and with bounds from casts", 1, ["act-nnrelu6", "act-frelu6"]],
  ["a convolution that is fused with its activation", 1, ["ms-fusedconv-plain", "ms-fusedconv", "clip-cast-bounds"]],
  ["convolutions that ONNX Runtime fused", 3, ["ortopt-shared-conv-basic", "ortopt-shared-conv-extended"]],
  ["Max with 0", 2, ["relu-as-max"]],
  ["ReLU as PyTorch's masked_fill", 2, ["relu-pytorch-base", "relu-pytorch-mfill"]],
  ["GELU as ONNX Runtime has it", 1, ["ms-gelu-ms", "ms-quickgelu"]],
  ["GELU with the bias of the layer before", 1, ["ms-biasgelu", "ms-fastgelu"]],
  ["layer normalisation of a sum", 1, ["ms-skiplayernorm"]],
  ["tanh, scaled by constants or not", 2, ["tanh-scaled"]],
  ["tanh that is no gate", 2, ["tanh-plain"]],
  ["sigmoid that is scaled by a constant", 2, ["sigmoid-times-two"]],
  ["an output softmax", 1, ["logsoftmax-out", "softmax-last", "softmax-identity-out", "softmax-then-reshape"]],
  ["an output sigmoid of pixels", 1, ["sigmoid-identity-out"]],
  ["an output sigmoid of rows", 1, ["sigmoid-is-output", "sigmoid-then-reshape"]],
  [
    "layer normalisation, whatever its scale",
    1,
    ["layernorm-gamma1-opset17", "layernorm-gamma8-opset17", "layernorm-gamma1-opset13", "layernorm-gamma8-opset13"],
  ],
  ["group normalisation, whatever its scale", 1, ["groupnorm-gamma1-opset13", "groupnorm-gamma8-opset13"]],
])("%s has the same costs and scores in each form", async (_, nonlinearities, [first = "", ...others]) => {
  const { scores } = await read(first);
  expect(scores["activation-layers"]).toBe(nonlinearities);
  for (const other of others) expectSame(scores, (await read(other)).scores);
});

test("a softmax before a reshape leaves the LogSynflow of the logits", async () => {
  const { scores } = await read("softmax-then-reshape");
  expect(scores.logsynflow).toBeCloseTo(85.25890347, 6);
});

test("a normalisation that is written out is one, in tables and notes", async () => {
  const { model } = await read("layernorm-gamma8-opset13");
  expect(model.layers).toContainEqual(expect.objectContaining({ operator: "LayerNormalization", parameters: 64 }));
  expect(model.notes.join()).not.toContain("no normalisation");
  const { model: grouped } = await read("groupnorm-pytorch");
  expect(grouped.layers).toContainEqual(expect.objectContaining({ operator: "GroupNormalization", parameters: 128 }));
});
