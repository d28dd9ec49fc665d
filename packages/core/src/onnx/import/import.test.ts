import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
} from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { architectureCosts, chain, graphOf } from "../../architecture/architecture.js";
import { EsnasError, InputError } from "../../base/errors.js";
import { outputOf } from "../../graph/graph.js";
import { metricsOf } from "../../metrics/registry.js";
import { onnxRuntime } from "../../runtime/onnxruntime.js";
import type { Runtime } from "../../runtime/session.js";
import { parameterValues } from "../../runtime/weights.js";
import { Scorer } from "../../scoring/scorer.js";
import { encode } from "../encode.js";
import { type ImportOptions, importOnnx } from "./import.js";

const runtime = onnxRuntime(ort);

/** What must not be reached by files that are refused before. */
const forbidden: Runtime = {
  name: "forbidden",
  createSession: () => Promise.reject(new Error("a runtime was given the file")),
};

const architecture = chain(
  "small",
  [1, 3, 16, 16],
  [
    { name: "stem", spec: { kind: "downsample", stride: 2, width: 8 } },
    { name: "blocks.0", spec: { kind: "ibn", kernel: 3, expansion: 2 } },
    {
      name: "blocks.1",
      spec: { kind: "transformer", qkvDim: 8, heads: 2, ffn: { kind: "convnext", kernel: 3, expansion: 2 } },
    },
    { name: "head", spec: { kind: "head", classes: 5 } },
  ],
);

const good = encode(graphOf(architecture), { values: (parameter) => parameterValues(0, parameter) });

function changed(change: (graph: GraphProto, model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, good);
  if (model.graph === undefined) throw new Error("the file has a graph");
  change(model.graph, model);
  return toBinary(ModelProtoSchema, model);
}

function refused(bytes: Uint8Array, reason: RegExp, options: Partial<ImportOptions> = {}): Promise<void> {
  const read = importOnnx(bytes, { runtime: forbidden, ...options });
  return expect(read)
    .rejects.toThrow(InputError)
    .then(() => expect(read).rejects.toThrow(reason));
}

async function scoresOf(bytes: Uint8Array, metrics: string, options: Partial<ImportOptions> = {}) {
  const model = await importOnnx(bytes, { runtime, ...options });
  const scorer = new Scorer(runtime, { seed: 1, sessions: 1 });
  try {
    return await scorer.scores(model.architecture, metricsOf(metrics));
  } finally {
    await scorer.release();
  }
}

/** The file with a node of another kind behind what each nonlinearity gives. */
function withNode(opType: string, change: (node: NodeProto) => void = () => {}): Uint8Array {
  return changed((graph) => {
    const at = graph.node.findIndex((node) => node.opType === "Clip");
    const clip = graph.node[at];
    if (clip === undefined) throw new Error("the file has a nonlinearity");
    const [output = ""] = clip.output;
    clip.output = [`${output}/before`];
    const node = create(NodeProtoSchema, { name: "foreign", opType, input: [`${output}/before`], output: [output] });
    change(node);
    graph.node.splice(at + 1, 0, node);
  });
}

describe("a file that does not hold together", () => {
  test("that was cut is refused", async () => {
    for (let length = 0; length < good.length; length += 97) await refused(good.slice(0, length), /ONNX|nowhere|input/);
  });

  test.each<[string, (graph: GraphProto, model: ModelProto) => void, RegExp]>([
    ["has nodes in a circle", ({ node }) => node[0]?.input.splice(0, 1, node.at(-1)?.output[0] ?? ""), /circle/],
    [
      "reads what is not there",
      ({ node }) => node[0]?.input.splice(0, 1, "nowhere"),
      /"nowhere", which is nowhere given/,
    ],
    ["gives a tensor twice", ({ node }) => node[1]?.output.splice(0, 1, node[0]?.output[0] ?? ""), /is given twice/],
    [
      "has two inputs",
      ({ input }) => input.push(...input.map((of) => ({ ...of, name: "other" }))),
      /one input, was given 2/,
    ],
    ["has no output", ({ output }) => output.splice(0), /needs a model with an output/],
    [
      "is of opset 6",
      (_, { opsetImport }) => Object.assign(opsetImport[0] ?? {}, { version: 6n }),
      /opset 6: those from 7/,
    ],
    [
      "claims 2^60 elements",
      ({ initializer: [w] }) => Object.assign(w ?? {}, { dims: [2n ** 60n] }),
      /has the length 1152921504606846976/,
    ],
    ["has a negative length", ({ initializer: [w] }) => Object.assign(w ?? {}, { dims: [-2n] }), /has the length -2/],
    [
      "takes whole numbers",
      ({ input }) => {
        const type = input[0]?.type?.value;
        if (type?.case === "tensorType") type.value.elemType = DataType.INT64;
      },
      /of the type INT64; read are FLOAT, UINT8, INT8, FLOAT16, BFLOAT16/,
    ],
    [
      "claims an image of 2^20 pixels a side",
      ({ input }) => {
        const type = input[0]?.type?.value;
        if (type?.case !== "tensorType") return;
        for (const dim of type.value.shape?.dim.slice(2) ?? []) dim.value = { case: "dimValue", value: 2n ** 20n };
      },
      /numbers an image: at most/,
    ],
    [
      "fills a tensor of 2^40 elements",
      (graph) => {
        graph.initializer.push(
          create(TensorProtoSchema, { name: "much", dataType: DataType.INT64, dims: [1n], int64Data: [2n ** 40n] }),
        );
        graph.node.unshift(create(NodeProtoSchema, { opType: "ConstantOfShape", input: ["much"], output: ["filled"] }));
      },
      /is filled to \[1099511627776\]/,
    ],
  ])("that %s is refused before a runtime sees it", (_, change, reason) => refused(changed(change), reason));

  test.each(["/etc/passwd", "../weights.bin", "a/../../weights.bin", "..\\weights.bin", "C:\\weights.bin", ""])(
    "whose weights lie in %j is refused before anything is read",
    (location) =>
      refused(
        changed(({ initializer: [weight] }) => {
          if (weight === undefined) return;
          weight.dataLocation = DataLocation.EXTERNAL;
          weight.externalData = [create(StringStringEntryProtoSchema, { key: "location", value: location })];
        }),
        /outside of the model's folder/,
        {
          weights: "file",
          runtime,
          external: () => {
            throw new Error("something was read");
          },
        },
      ),
  );

  test("of an operator that nobody knows is refused in the runtime's words", async () => {
    const read = importOnnx(withNode("Frobnicate"), { runtime });
    await expect(read).rejects.toThrow(InputError);
    await expect(read).rejects.toThrow(/ONNX Runtime does not run the file.*Frobnicate/);
  });
});

type Place = { readonly value: unknown; put(value: unknown): void };

function placesOf(message: unknown): Place[] {
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return [];
  return Object.entries(message).flatMap(([key, value]): Place[] => {
    if (key.startsWith("$")) return [];
    return [{ value, put: (other) => Object.assign(message, { [key]: other }) }, ...placesOf(value)];
  });
}

const integers = [-(2n ** 63n), -1n, 0n, 1n, 3n, 100n, 2n ** 31n, 2n ** 40n, 2n ** 63n - 1n];
const texts = ["", "input", "Conv", "Loop", "Tile", "Resize", "Gelu", "constructor", "__proto__", "x".repeat(9999)];

function hostile(value: unknown, choice: number): unknown {
  if (typeof value === "bigint") return integers[choice % integers.length];
  if (typeof value === "string") return texts[choice % texts.length];
  if (typeof value === "number") return [Number.NaN, -1, 0, 1, 7, 10, 16, 1e30][choice % 8];
  if (value instanceof Uint8Array) return value.slice(choice % (value.length + 1));
  if (!Array.isArray(value)) return value;
  const at = choice % (value.length + 1);
  return choice % 2 === 0 ? value.filter((_, i) => i !== at) : [...value, ...value.slice(at)];
}

describe("a hostile file", () => {
  test("with bits flipped or fields overwritten is refused with a word, or read and scored", async () => {
    const choices = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(choices, fc.boolean(), async (list, flips) => {
      let bytes = Uint8Array.from(good);
      if (flips)
        for (const [at, bit] of list) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << (bit & 7));
      else {
        const model = fromBinary(ModelProtoSchema, good);
        for (const [where, choice] of list) {
          const places = placesOf(model);
          const place = places[where % places.length];
          place?.put(hostile(place.value, choice));
        }
        try {
          bytes = Uint8Array.from(toBinary(ModelProtoSchema, model));
        } catch {
          return;
        }
      }
      try {
        const scores = await scoresOf(bytes, "parameters,macs,logsynflow,entropic-score");
        expect(Object.keys(scores)).toHaveLength(4);
      } catch (error) {
        if (!(error instanceof EsnasError)) throw error;
        expect(error.message.length).toBeGreaterThan(0);
      }
    });
    await fc.assert(property, { seed: 1, numRuns: 300 });
  });
});

describe("nodes beyond the closed set", () => {
  test.each(["LeakyRelu", "Elu", "Selu", "Softplus", "Tanh", "Sigmoid"])(
    "that are nonlinearities are seen by metrics and passed by the flow: %s",
    async (opType) => {
      const metrics = "activation-layers,entropic-score,logsynflow,macs,parameters";
      const [own, other] = [await scoresOf(good, metrics), await scoresOf(withNode(opType), metrics)];
      expect(other["activation-layers"]).toBe(Number(own["activation-layers"]) + 1);
      expect(other["entropic-score"]).toEqual(expect.any(Number));
      for (const same of ["logsynflow", "macs", "parameters"]) expect(other[same]).toBe(own[same]);
    },
  );

  test("have their names in the reason why there is no LogSynflow, and leave the other metrics", async () => {
    const scores = await scoresOf(withNode("Floor"), "logsynflow,entropic-score,naswot(batch=4)");
    expect(scores.logsynflow).toEqual({ value: null, reason: "flow does not cover Floor (1 node)" });
    expect(scores["entropic-score"]).toEqual(expect.any(Number));
    expect(scores["naswot(batch=4)"]).toEqual(expect.any(Number));
  });

  test("do not change scores where they change nothing", async () => {
    const cast = withNode("Cast", (node) => {
      node.attribute = [
        create(AttributeProtoSchema, { name: "to", type: AttributeKind.INT, i: BigInt(DataType.FLOAT) }),
      ];
    });
    const metrics = "entropic-score,logsynflow,zen-score,macs";
    expect(await scoresOf(cast, metrics)).toEqual(await scoresOf(good, metrics));
  });
});

test("a softmax that gives the output leaves LogSynflow as it is", async () => {
  const withSoftmax = changed((graph) => {
    const [output] = graph.output;
    if (output === undefined) return;
    graph.node.push(create(NodeProtoSchema, { opType: "Softmax", input: [output.name], output: ["probabilities"] }));
    output.name = "probabilities";
  });
  expect(await scoresOf(withSoftmax, "logsynflow")).toEqual(await scoresOf(good, "logsynflow"));
});

test("float16 weights are those of the same file in float32, rounded", async () => {
  const half = changed((graph) => {
    for (const tensor of graph.initializer) {
      if (tensor.dataType !== DataType.FLOAT || tensor.dims.length === 0) continue;
      const floats = new Float32Array(new Uint8Array(tensor.rawData).buffer);
      tensor.dataType = DataType.FLOAT16;
      // Powers of two alone, which binary16 has exactly: 1, 0 and the largest below each weight.
      tensor.rawData = new Uint8Array(Uint16Array.from(floats, (x) => (x === 0 ? 0 : powerOfTwo(x))).buffer);
    }
    const type = graph.input[0]?.type?.value;
    if (type?.case === "tensorType") type.value.elemType = DataType.FLOAT16;
  });
  const model = await importOnnx(half, { runtime, weights: "file" });
  expect(model.notes).toContain("float16 is computed in float32");
  expect(architectureCosts(model.architecture)).toEqual(
    architectureCosts((await importOnnx(good, { runtime })).architecture),
  );
  const graph = graphOf(model.architecture);
  for (const { values, shape } of graph.parameters.values()) {
    expect(values).toHaveLength(shape.reduce((a, b) => a * b, 1));
    for (const value of values ?? []) expect(value === 0 || Number.isInteger(Math.log2(Math.abs(value)))).toBe(true);
  }
  const random = "entropic-score,logsynflow";
  expect(await scoresOf(half, random)).toEqual(await scoresOf(good, random));
});

function powerOfTwo(x: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
  return (x < 0 ? 0x8000 : 0) | ((exponent + 15) << 10);
}

const REAL = fileURLToPath(new URL("../../../../../../shared/data/onnx/", import.meta.url));

/**
 * Parameters and multiply-accumulates. torchvision's documentation has 1,235,496 and 0.35 G of SqueezeNet 1.1, 25,557,032 and 4.09 G of
 * ResNet-50; Caffe's GoogLeNet has 7.0 M and 1.43 G. The others are counted here alone.
 */
const published: Readonly<Record<string, readonly [parameters: number, macs: number]>> = {
  "light_squeezenet.onnx": [1_235_496, 349_151_936],
  "light_resnet50.onnx": [25_557_032, 4_089_184_256],
  "light_inception_v1.onnx": [6_998_552, 1_431_556_352],
  "light_shufflenet.onnx": [1_393_320, 124_664_528],
  "version-RFB-320_simplified.onnx": [273_888, 100_418_560],
  "mnist.onnx": [5_994, 786_560],
};

describe("files of others (skipped without ../shared/data)", () => {
  test.skipIf(!existsSync(REAL)).each(Object.entries(published))(
    "have their parameters and multiply-accumulates, and scores: %s",
    async (name, [parameters, macs]) => {
      const bytes = readFileSync(REAL + name);
      const model = await importOnnx(bytes, { runtime });
      expect(architectureCosts(model.architecture)).toMatchObject({ parameters, macs });
      expect(model.layers.reduce((sum, layer) => sum + layer.macs, 0)).toBe(macs);
      expect(model.layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(parameters);
      const scores = await scoresOf(bytes, "entropic-score,naswot(batch=2),logsynflow,synflow");
      for (const score of Object.values(scores)) expect(score).toEqual(expect.any(Number));
    },
  );

  test.skipIf(!existsSync(REAL)).each(Object.keys(published))(
    "compute the same once written again with their weights: %s",
    async (name) => {
      const bytes = readFileSync(REAL + name);
      const model = await importOnnx(bytes, { runtime, weights: "file" });
      const graph = graphOf(model.architecture);
      const data = Float32Array.from({ length: model.input.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(i));
      const again = encode(graph, { opset: 20, values: (parameter) => parameterValues(0, parameter) });
      const results = [];
      for (const of of [bytes, again]) {
        const session = await runtime.createSession(of);
        results.push((await session.run({ [graph.input]: { data, shape: model.input } }))[outputOf(graph)]);
        await session.release();
      }
      const [before, after] = results;
      const difference = Math.max(...(before?.data ?? []).map((x, i) => Math.abs(x - (after?.data[i] ?? Number.NaN))));
      expect(difference).toBeLessThan(1e-5);
    },
  );
});
