/** @file Images of files of others: which axis has the channels, which size they have, and which numbers they are of. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  architectureCosts,
  encode,
  graphOf,
  type ImageSize,
  imageShape,
  importOnnx,
  metricsOf,
  onnxImageInput,
  onnxRuntime,
  parameterValues,
  Scorer,
} from "@esnas/core/internal";
import fc from "fast-check";
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { TimedNetwork } from "../packages/cli/src/latency/timed-network.js";
import { bytes, floats, graph, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);
const FIXTURES = resolve(import.meta.dirname, "fixtures/onnx");
const fixture = (name: string) => readFileSync(resolve(FIXTURES, name));

/** What the command line times a file with, which reads nothing but its graph. */
function timedShape(bytes: Uint8Array, size?: ImageSize): readonly number[] {
  return imageShape(onnxImageInput(bytes), { batch: 1, ...(size && { size }) });
}

describe("a file", () => {
  test.each<[string, readonly number[], number]>([
    ["nhwc-open-size.onnx", [1, 224, 224, 3], 112 * 112 * 8 * 27 + 112 * 112 * 16 * 72],
    ["nhwc-fixed-size.onnx", [1, 224, 224, 3], 112 * 112 * 8 * 27 + 112 * 112 * 16 * 72],
    ["nhwc-open-width.onnx", [1, 48, 224, 3], 48 * 224 * 8 * 27],
    ["grey-open-channel.onnx", [1, 1, 224, 224], 224 * 224 * 8 * 9],
    ["six-channel-open.onnx", [1, 6, 224, 224], 224 * 224 * 8 * 54],
    ["batch-4.onnx", [1, 3, 32, 32], 32 * 32 * 8 * 27 + 80],
    ["uint8-input.onnx", [1, 3, 32, 32], 32 * 32 * 8 * 27],
    ["output-is-initialiser.onnx", [1, 3, 32, 32], 32 * 32 * 8 * 27],
  ])("is read with the image that it takes: %s", async (name, shape, macs) => {
    const model = await importOnnx(fixture(name), { runtime });
    expect(model.input).toEqual(shape);
    expect(timedShape(fixture(name))).toEqual(shape);
    expect(architectureCosts(model.architecture).macs).toBe(macs);
  });

  test("that ONNX Runtime has saved for one processor keeps the layout that its own nodes name", () => {
    expect(timedShape(fixture("ortopt-nhwc-fixed-size-all.onnx"))).toEqual([1, 224, 224, 3]);
  });

  test("that uses no operators of ONNX's own is refused with their names", async () => {
    const read = importOnnx(fixture("no-default-opset.onnx"), { runtime });
    await expect(read).rejects.toThrow(/uses no operators of ONNX's own.*"com\.microsoft"/);
  });

  test("has a note for an output that is stored", async () => {
    const { notes, outputs } = await importOnnx(fixture("output-is-initialiser.onnx"), { runtime });
    expect(notes).toContain('output "anchors" is stored in the file, and left out');
    expect(outputs).toEqual([[1, 8, 32, 32]]);
  });
});

/** A file of one image without an axis for the batch, which is put in front before the convolution. */
function fileOfOneImage(
  isLast: boolean,
  opset: number,
  isReshaped: boolean,
  type: DataType,
  lengths: readonly string[],
) {
  const moved = isLast ? [node("Transpose", ["f"], ["moved"], { perm: [2, 0, 1] })] : [];
  const before = isLast ? "moved" : "f";
  const isAttribute = opset < 13;
  const put = isAttribute
    ? node("Unsqueeze", [before], ["batch"], { axes: [0] })
    : node("Unsqueeze", [before, "axes"], ["batch"]);
  const shape = isLast ? [20, 24, 3] : [3, 20, 24];
  const nodes = [
    node("Cast", ["x"], ["f"], { to: DataType.FLOAT }),
    ...moved,
    isReshaped ? node("Reshape", [before, "shape"], ["batch"]) : put,
    node("Conv", ["batch", "w"], ["c"], { pads: [1, 1, 1, 1] }),
    node("Relu", ["c"], ["y"]),
  ];
  const stored = [floats("w", [8, 3, 3, 3]), integers("shape", [1, 3, 20, 24]), integers("axes", [0])];
  const input = [tensor("x", lengths.length === 0 ? shape : lengths, type)];
  return onnxFile({ input, output: [tensor("y", undefined)], nodes, stored }, opset);
}

test.each([
  [false, 11, false, DataType.FLOAT],
  [false, 13, true, DataType.FLOAT],
  [true, 11, true, DataType.FLOAT],
  [true, 13, false, DataType.FLOAT],
  [true, 13, false, DataType.UINT8],
])(
  "an image without a batch is read, scored and timed as one: last %s, opset %s, Reshape %s, type %s",
  async (isLast, opset, isReshaped, type) => {
    const file = fileOfOneImage(isLast, opset, isReshaped, type, []);
    const { input, architecture, notes } = await importOnnx(file, { runtime });
    expect(input).toEqual(isLast ? [1, 20, 24, 3] : [1, 3, 20, 24]);
    expect(architectureCosts(architecture)).toMatchObject({ macs: 20 * 24 * 8 * 27, parameters: 216 });
    expect(notes.join()).toContain("a batch of 1 alone");
    const scorer = new Scorer(runtime, { seed: 1 });
    try {
      const scores = await scorer.scores(architecture, metricsOf("entropic-score,logsynflow"));
      expect(Object.values(scores).every((score) => typeof score === "number")).toBe(true);
    } finally {
      await scorer.release();
    }
    const timed = await TimedNetwork.load({ name: "x", model: file }, { threads: 1 });
    try {
      expect(timed.input).toEqual(input);
      await timed.run();
    } finally {
      await timed.release();
    }
    await expect(TimedNetwork.load({ name: "x", model: file }, { threads: 1, batch: 2 })).rejects.toThrow(
      /^"x": .*--batch/,
    );
  },
);

test("an image without a batch takes a size where it is open", async () => {
  const file = fileOfOneImage(true, 13, false, DataType.FLOAT, ["h", "w", "c"]);
  const { input, architecture } = await importOnnx(file, { runtime, size: [16, 12] });
  expect(input).toEqual([1, 16, 12, 3]);
  expect(architectureCosts(architecture).macs).toBe(16 * 12 * 8 * 27);
});

/** Nodes that change numbers and leave axes in their places, by the number of channels. */
const steps = ["Identity", "Cast", "Sub", "Mul", "Div", "Clip", "BatchNormalization", "Transposes", "Pad"] as const;

interface Case {
  readonly isLast: boolean;
  readonly channels: number;
  /** Which of batch, channels, height and width the file leaves open. */
  readonly open: readonly boolean[];
  readonly size: ImageSize;
  readonly steps: readonly (typeof steps)[number][];
}

const cases: fc.Arbitrary<Case> = fc.record({
  isLast: fc.boolean(),
  channels: fc.constantFrom(1, 2, 3, 4, 6),
  open: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
  size: fc.tuple(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 3, max: 40 })),
  steps: fc.array(fc.constantFrom(...steps), { maxLength: 4 }),
});

/** Preprocessing, then a convolution of 3 x 3 to 8 channels; channels are moved to the front where they are last. */
function fileOf({ isLast, channels, open, size: [height, width], steps: list }: Case): Uint8Array {
  const lengths = isLast ? [1, height, width, channels] : [1, channels, height, width];
  const isOpen = isLast ? [open[0], open[2], open[3], open[1]] : open;
  const perChannel = isLast ? [channels] : [1, channels, 1, 1];
  const nodes: NodeProto[] = [];
  const stored: TensorProto[] = [floats("w", [8, channels, 3, 3])];
  let at = "x";
  const add = (operator: string, others: readonly string[] = [], attributes = {}) => {
    const output = `t${nodes.length}`;
    nodes.push(node(operator, [at, ...others], [output], attributes));
    at = output;
  };
  list.forEach((step, i) => {
    if (step === "Transposes") {
      add("Transpose", [], { perm: [0, 2, 3, 1] });
      add("Transpose", [], { perm: [0, 3, 1, 2] });
    } else if (step === "Sub" || step === "Mul" || step === "Div") {
      stored.push(floats(`c${i}`, perChannel));
      add(step, [`c${i}`]);
    } else if (step === "Cast") {
      add(step, [], { to: DataType.FLOAT });
    } else if (step === "Pad") {
      stored.push(integers(`pads${i}`, new Array<number>(8).fill(0)));
      add(step, [`pads${i}`]);
    } else if (step === "BatchNormalization") {
      if (isLast) add("Transpose", [], { perm: [0, 3, 1, 2] });
      const names = [0, 1, 2, 3].map((part) => `bn${i}.${part}`);
      stored.push(...names.map((name) => floats(name, [channels])));
      add(step, names);
      if (isLast) add("Transpose", [], { perm: [0, 2, 3, 1] });
    } else add(step);
  });
  if (isLast) add("Transpose", [], { perm: [0, 3, 1, 2] });
  add("Conv", ["w"], { pads: [1, 1, 1, 1] });
  nodes.push(node("Relu", [at], ["y"]));
  const dims = lengths.map((length, axis) => (isOpen[axis] ? `axis${axis}` : length));
  return onnxFile({ input: [tensor("x", dims)], output: [tensor("y", undefined)], nodes, stored });
}

describe("the layout of an image", () => {
  test("is that of the first node that tells channels from pixels, whatever comes before it and whichever lengths are open", () => {
    fc.assert(
      fc.property(
        cases,
        fc.option(fc.tuple(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 3, max: 40 }))),
        (of, size) => {
          const { isLast, channels, open } = of;
          const [height, width] = size ?? of.size.map((own, i) => (open[2 + i] ? 224 : own));
          // Padding may add channels: how many there are is then told by the file or is 3.
          const known = open[1] && of.steps.includes("Pad") && !padIsAfterNormalisation(of) ? 3 : channels;
          const expected = isLast ? [1, height, width, known] : [1, known, height, width];
          expect(timedShape(fileOf(of), size ?? undefined)).toEqual(expected);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  test("leads to the multiply-accumulates of the convolution that reads it", async () => {
    const property = fc.asyncProperty(cases, async (of) => {
      fc.pre(!(of.open[1] && of.steps.includes("Pad")));
      const model = await importOnnx(fileOf(of), { runtime, size: of.size });
      const [height, width] = of.size;
      expect(architectureCosts(model.architecture).macs).toBe(height * width * 8 * 9 * of.channels);
      expect(model.input).toEqual(timedShape(fileOf(of), of.size));
    });
    await fc.assert(property, { seed: 2, numRuns: 60 });
  });

  test.each<[string, readonly (number | string)[], readonly number[]]>([
    ["a reshape moves one channel", ["n", 28, 28, 1], [1, 28, 28, 1]],
    ["a reshape keeps one channel", ["n", 1, 28, 28], [1, 1, 28, 28]],
  ])("is seen where %s", (_, dims, expected) => {
    const bytes = onnxFile({
      input: [tensor("x", dims)],
      output: [tensor("y", undefined)],
      nodes: [node("Reshape", ["x", "s"], ["r"]), node("Conv", ["r", "w"], ["y"])],
      stored: [integers("s", [-1, 1, 28, 28]), floats("w", [4, 1, 3, 3])],
    });
    expect(timedShape(bytes)).toEqual(expected);
  });

  test("is seen where an axis is taken out and put in elsewhere", () => {
    const bytes = onnxFile({
      input: [tensor("x", ["n", "h", "w", "c"])],
      output: [tensor("y", undefined)],
      nodes: [
        node("Squeeze", ["x", "last"], ["flat"]),
        node("Unsqueeze", ["flat", "first"], ["grey"]),
        node("Conv", ["grey", "w"], ["y"]),
      ],
      stored: [integers("last", [-1]), integers("first", [1]), floats("w", [4, 1, 3, 3])],
    });
    expect(timedShape(bytes, [20, 30])).toEqual([1, 20, 30, 1]);
  });

  test.each<[readonly (number | string)[], readonly number[]]>([
    [
      ["n", "h", "w", 3],
      [1, 224, 224, 3],
    ],
    [
      ["n", "h", "w", 1],
      [1, 224, 224, 1],
    ],
    [
      ["n", 3, "h", "w"],
      [1, 3, 224, 224],
    ],
    [
      ["n", "c", "h", "w"],
      [1, 3, 224, 224],
    ],
    [
      ["n", 64, 48, 3],
      [1, 64, 48, 3],
    ],
    [
      ["n", 3, 64, 3],
      [1, 3, 64, 3],
    ],
  ])("is told by the lengths %j where no node tells", (dims, expected) => {
    const bytes = onnxFile({
      input: [tensor("x", dims)],
      output: [tensor("y", undefined)],
      nodes: [node("Relu", ["x"], ["y"])],
    });
    expect(timedShape(bytes)).toEqual(expected);
  });
});

/** Ways from an image with its channels last to one with its channels first, `c`, that are not followed. */
const hidden: Readonly<Record<string, readonly NodeProto[]>> = {
  Einsum: [node("Einsum", ["x"], ["c"], { equation: "bhwc->bchw" })],
  "Squeeze of the batch": [
    node("Squeeze", ["x", "zero"], ["flat"]),
    node("Transpose", ["flat"], ["moved"], { perm: [2, 0, 1] }),
    node("Unsqueeze", ["moved", "zero"], ["c"]),
  ],
  "Reshape to its own shape": [
    node("Shape", ["x"], ["s"]),
    node("Reshape", ["x", "s"], ["same"]),
    node("Transpose", ["same"], ["c"], { perm: [0, 3, 1, 2] }),
  ],
  If: [
    node("If", ["true"], ["c"], {
      then_branch: graph({
        input: [],
        output: [tensor("t", undefined)],
        nodes: [node("Transpose", ["x"], ["t"], { perm: [0, 3, 1, 2] })],
      }),
      else_branch: graph({
        input: [],
        output: [tensor("e", undefined)],
        nodes: [node("Transpose", ["x"], ["e"], { perm: [0, 3, 1, 2] })],
      }),
    }),
  ],
};

describe("a layout that no node and no length tells", () => {
  const fileWith = (nodes: readonly NodeProto[]) =>
    onnxFile({
      input: [tensor("x", ["n", "h", "w", "c"])],
      output: [tensor("y", undefined)],
      nodes: [...nodes, node("Conv", ["c", "w"], ["y"])],
      stored: [floats("w", [4, 3, 3, 3]), integers("zero", [0]), bytes("true", [], DataType.BOOL)],
    });
  const settings = { threads: 1, size: [20, 30] } as const;

  test.each(Object.entries(hidden))("is the one that the file runs with: %s", async (_, nodes) => {
    const model = fileWith(nodes);
    expect((await importOnnx(model, { runtime, size: [20, 30] })).input).toEqual([1, 20, 30, 3]);
    const timed = await TimedNetwork.load({ name: "file", model }, settings);
    await timed.run();
    await timed.release();
    expect(timed.input).toEqual([1, 20, 30, 3]);
  });

  test("is that with the channels first where the file runs with both", async () => {
    const model = fileWith([node("Einsum", ["x"], ["c"], { equation: "bchw->bchw" })]);
    expect((await importOnnx(model, { runtime, size: [20, 30] })).input).toEqual([1, 3, 20, 30]);
  });

  test("and that does not run with either is refused with what is said of channels first", async () => {
    const model = fileWith([node("Einsum", ["x"], ["c"], { equation: "bchw->bhcw" })]);
    await expect(importOnnx(model, { runtime, size: [20, 30] })).rejects.toThrow(/C: 20 kernel channels: 3/);
    await expect(TimedNetwork.load({ name: "file", model }, settings)).rejects.toThrow(/C: 20 kernel channels: 3/);
  });
});

/** Whether a normalisation, which tells the channels, comes before any padding. */
function padIsAfterNormalisation({ steps: list }: Case): boolean {
  const normalisation = list.indexOf("BatchNormalization");
  return normalisation >= 0 && normalisation < list.indexOf("Pad");
}

async function scoresOf(bytes: Uint8Array, metrics: string) {
  const { architecture } = await importOnnx(bytes, { runtime });
  const scorer = new Scorer(runtime, { seed: 1, sessions: 1 });
  try {
    return await scorer.scores(architecture, metricsOf(metrics));
  } finally {
    await scorer.release();
  }
}

/** A network that casts its image to floats and normalises it. */
function ofType(elemType: DataType, opset: number): Uint8Array {
  return onnxFile(
    {
      input: [tensor("x", [1, 3, 16, 16], elemType)],
      output: [tensor("y", undefined)],
      nodes: [
        node("Cast", ["x"], ["f"], { to: DataType.FLOAT }),
        node("Conv", ["f", "w"], ["c"], { pads: [1, 1, 1, 1] }),
        node("Relu", ["c"], ["r"]),
        node("GlobalAveragePool", ["r"], ["y"]),
      ],
      stored: [floats("w", [8, 3, 3, 3])],
    },
    opset,
  );
}

describe("an image of whole numbers", () => {
  test.each([
    ["uint8", DataType.UINT8, 13],
    ["uint8", DataType.UINT8, 8],
    ["int8", DataType.INT8, 13],
  ] as const)(
    "of %s is made of the noise, so that costs and flow are those of floats (opset %i, %i)",
    async (_, type, opset) => {
      const metrics = "parameters,macs,activation-layers,logsynflow,entropic-score(batch=4),naswot(batch=4)";
      const [whole, float] = [
        await scoresOf(ofType(type, opset), metrics),
        await scoresOf(ofType(DataType.FLOAT, opset), metrics),
      ];
      for (const same of ["parameters", "macs", "activation-layers", "logsynflow"])
        expect(whole[same]).toEqual(float[same]);
      for (const other of ["entropic-score(batch=4)", "naswot(batch=4)"])
        expect(whole[other]).toEqual(expect.any(Number));
    },
  );

  test("has whole numbers around 128, 64 to a deviation of the noise, and none beyond its range", async () => {
    const { architecture } = await importOnnx(ofType(DataType.UINT8, 13), { runtime });
    const drawn = graphOf(architecture);
    const [first] = drawn.nodes.flatMap(({ outputs }) => outputs);
    const session = await runtime.createSession(
      encode({ ...drawn, outputs: [drawn.nodes[1]?.outputs[0] ?? ""] }, { values: (p) => parameterValues(0, p) }),
    );
    const data = Float32Array.from({ length: 768 }, (_, i) => (i - 384) / 100);
    const results = await session.run({ [drawn.input]: { data, shape: [1, 3, 16, 16] } });
    await session.release();
    expect(first).toBe("x");
    const expected = [...data].map((z) => Math.min(255, Math.max(0, Math.round(128 + 64 * z))));
    const [image] = Object.values(results);
    expect(image?.data).toHaveLength(768);
    for (const [i, value] of (image?.data ?? []).entries())
      expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThanOrEqual(1);
  });

  test("of other types is refused with the types that are read", () => {
    expect(() => onnxImageInput(ofType(DataType.INT64, 13))).toThrow(
      /of the type INT64; read are FLOAT, UINT8, INT8, FLOAT16, BFLOAT16/,
    );
  });
});

describe("a fixed batch", () => {
  /** A head after a reshape to some lengths. */
  const withReshape = (batch: number, lengths: readonly number[], features: number) =>
    onnxFile({
      input: [tensor("x", [batch, 3, 8, 8])],
      output: [tensor("y", undefined)],
      nodes: [
        node("Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }),
        node("Relu", ["c"], ["r"]),
        node("Reshape", ["r", "s"], ["f"]),
        node("MatMul", ["f", "fw"], ["y"]),
      ],
      stored: [floats("w", [4, 3, 3, 3]), integers("s", lengths), floats("fw", [features, 10])],
    });
  const conv = 8 * 8 * 4 * 27;

  test.each<[string, Uint8Array, number]>([
    ["4 in a reshape that keeps it", withReshape(4, [4, 256], 256), conv + 256 * 10],
    ["4 in a reshape that leaves the rest open", withReshape(4, [4, -1], 256), conv + 256 * 10],
    ["4 times 4 parts", withReshape(4, [16, 64], 64), conv + 4 * 64 * 10],
    ["7 in a reshape that keeps it", withReshape(7, [7, 4, 64], 64), conv + 4 * 64 * 10],
  ])("of %s is freed, so that costs are those of one image", async (_, bytes, macs) => {
    const { architecture, input, notes } = await importOnnx(bytes, { runtime });
    expect(input).toEqual([1, 3, 8, 8]);
    expect(architectureCosts(architecture).macs).toBe(macs);
    expect(notes.filter((note) => note.includes("batch"))).toEqual([]);
  });

  test("that cannot be freed is named", async () => {
    const bytes = onnxFile({
      input: [tensor("x", [4, 3, 8, 8])],
      output: [tensor("y", undefined)],
      nodes: [node("Conv", ["x", "w"], ["c"]), node("Concat", ["c", "token"], ["y"], { axis: 1 })],
      stored: [floats("w", [4, 3, 3, 3]), floats("token", [4, 1, 6, 6])],
    });
    await expect(importOnnx(bytes, { runtime })).rejects.toThrow(
      /made for a batch of 4, and cannot be read with a batch of 1/,
    );
  });

  test("that changes what is computed is named, not passed over", async () => {
    await expect(importOnnx(withReshape(4, [-1, 4, 64], 64), { runtime })).resolves.toBeDefined();
    // The batch lies on the second axis here: a batch of 1 would be read as a quarter of the rows.
    const bytes = onnxFile({
      input: [tensor("x", [4, 3, 8, 8])],
      output: [tensor("y", undefined)],
      nodes: [
        node("Transpose", ["x"], ["t"], { perm: [1, 2, 3, 0] }),
        node("Reshape", ["t", "s"], ["r"]),
        node("ReduceMean", ["r"], ["y"], { axes: [0], keepdims: 1 }),
      ],
      stored: [integers("s", [-1, 4])],
    });
    await expect(importOnnx(bytes, { runtime })).rejects.toThrow(/made for a batch of 4.*tensor "y"/);
  });
});
