import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  AttributeProto_AttributeType as AttributeKind,
  AttributeProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
} from "onnx-buf";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import {
  customArchitecture,
  customNetworks,
  separableLayers,
  unlikeBranches,
} from "../../../../test/reference/random-networks.js";
import { randomNodes } from "../../../../test/reference/random-nodes.js";
import { architectureCosts, chain, fromGraph, graphOf } from "../architecture/architecture.js";
import { EsnasError, GraphError, InputError } from "../base/errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { type Graph, shapeOf } from "../graph/graph.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { parameterValues } from "../runtime/weights.js";
import { decode } from "./decode.js";
import { encode } from "./encode.js";

function model(graph: Graph, opset: 17 | 20 = 17): Uint8Array {
  return encode(graph, { opset, values: (parameter) => parameterValues(0, parameter) });
}

/** Every kind of block in a few kilobytes. */
const small = graphOf(
  chain(
    "small",
    [1, 2, 8, 8],
    [
      { name: "stem", spec: { kind: "downsample", stride: 2, width: 4 } },
      { name: "blocks.0", spec: { kind: "ibn", kernel: 3, expansion: 2 } },
      {
        name: "blocks.1",
        spec: { kind: "transformer", qkvDim: 4, heads: 2, ffn: { kind: "convnext", kernel: 3, expansion: 2 } },
      },
      { name: "head", spec: { kind: "head", classes: 3 } },
    ],
  ),
);

/** Good files: of each operator by itself, and of all blocks. */
const files = [
  model(small),
  model(small, 20),
  ...Object.values(randomNodes).flatMap((graphs) =>
    fc.sample(graphs, { seed: 1, numRuns: 4 }).map((graph) => model(graph, 20)),
  ),
];

/** Of the processor, not of the clock, which goes on while others have the machine. */
function milliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What a hostile file may do: be refused with a word, or be read into a graph that holds together. */
function expectRefusedOrSound(bytes: Uint8Array): void {
  const start = milliseconds();
  try {
    const { graph } = decode(bytes);
    for (const shape of graph.shapes.values()) expect(shape.every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
    const costs = architectureCosts(fromGraph(graph));
    expect(Object.values(costs).every((cost) => cost >= 0)).toBe(true);
  } catch (error) {
    if (!(error instanceof EsnasError)) throw error;
    expect(error.message.length).toBeGreaterThan(0);
  }
  expect(milliseconds() - start).toBeLessThan(2000);
}

type Edit = {
  readonly at: number;
  readonly how: "flip" | "set" | "delete" | "insert" | "copy";
  readonly value: number;
};

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    how: fc.constantFrom("flip", "set", "delete", "insert", "copy"),
    value: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
);

function edited(bytes: Uint8Array, list: readonly Edit[]): Uint8Array {
  const result = [...bytes];
  for (const { at, how, value } of list) {
    const i = Math.floor(at * result.length);
    if (how === "flip") result[i] = (result[i] ?? 0) ^ (1 << (value & 7));
    if (how === "set") result[i] = value;
    if (how === "delete") result.splice(i, 1 + (value & 7));
    if (how === "insert") result.splice(i, 0, value);
    if (how === "copy") result.splice(i, 0, ...result.slice(i, i + value));
  }
  return Uint8Array.from(result);
}

/** A place of a message that can be overwritten with another value of its type. */
interface Place {
  readonly value: unknown;
  put(value: unknown): void;
}

function placesOf(message: unknown): Place[] {
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return [];
  return Object.entries(message).flatMap(([key, value]): Place[] => {
    if (key.startsWith("$")) return [];
    const here = { value, put: (other: unknown) => Object.assign(message, { [key]: other }) };
    return [here, ...placesOf(value)];
  });
}

const hostileIntegers = [-(2n ** 63n), -3n, -1n, 0n, 1n, 3n, 2n ** 31n, 2n ** 40n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const hostileTexts = [
  "",
  "input",
  "Conv",
  "Gelu",
  "constructor",
  "__proto__",
  "a/../b",
  "\u{1F600}",
  "x".repeat(10_000),
];

/** Another value of the type: extreme numbers, other names, lists that lack an item or have it twice. */
function hostile(value: unknown, choice: number): unknown {
  const pick = <T>(list: readonly T[]): T | undefined => list[choice % list.length];
  if (typeof value === "bigint") return pick(hostileIntegers);
  if (typeof value === "string") return pick(hostileTexts);
  if (typeof value === "number") return pick([Number.NaN, -1, 0, 1, 7, 10, 16, 1e30]);
  if (value instanceof Uint8Array) return value.slice(choice % (value.length + 1));
  if (!Array.isArray(value)) return value;
  const at = choice % (value.length + 1);
  return choice % 2 === 0 ? value.filter((_, i) => i !== at) : [...value, ...value.slice(at)];
}

/** The same file with a few fields overwritten, which the schema still reads. */
function overwritten(bytes: Uint8Array, choices: readonly (readonly [number, number])[]): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, bytes);
  for (const [where, choice] of choices) {
    const places = placesOf(proto);
    const place = places[where % places.length];
    place?.put(hostile(place.value, choice));
  }
  try {
    return toBinary(ModelProtoSchema, proto);
  } catch {
    return bytes;
  }
}

/** The file of a graph after a change of its message. */
function changed(graph: Graph, change: (graph: NonNullable<ModelProto["graph"]>) => void): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model(graph, 20));
  if (proto.graph !== undefined) change(proto.graph);
  return toBinary(ModelProtoSchema, proto);
}

function graphBy(
  build: (b: GraphBuilder, x: ReturnType<GraphBuilder["input"]>) => ReturnType<GraphBuilder["input"]>,
): Graph {
  const b = new GraphBuilder("by hand");
  const x = b.input("input", [1, 4, 8, 8]);
  return b.build([b.block("block", () => build(b, x))]);
}

const convolution = graphBy((b, x) =>
  b.node("Conv", "layer", [x, b.parameter("weight", [4, 4, 3, 3], { kind: "normal", std: 1 })], { pads: [1, 1, 1, 1] }),
);

describe("a broken file", () => {
  test("that was cut anywhere is refused", () => {
    const property = fc.property(fc.constantFrom(...files), fc.nat(), (bytes, length) => {
      expect(() => decode(bytes.slice(0, length % bytes.length))).toThrow(EsnasError);
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });

  test("of random bytes is refused", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => decode(bytes)).toThrow(EsnasError);
    });
    fc.assert(property, { seed: 2, numRuns: 2000 });
  });

  test("with bits flipped and bytes set, lost, added or repeated is refused or read", () => {
    const property = fc.property(fc.constantFrom(...files), edits, (bytes, list) => {
      expectRefusedOrSound(edited(bytes, list));
    });
    fc.assert(property, { seed: 3, numRuns: 8000 });
  });

  test("with extreme numbers, other names and other lists in its fields is refused or read", () => {
    const choices = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.constantFrom(...files), choices, (bytes, list) => {
      expectRefusedOrSound(overwritten(bytes, list));
    });
    fc.assert(property, { seed: 4, numRuns: 5000 });
  });

  test("that claims a tensor of 10^18 elements is refused before memory is taken", () => {
    const claims = changed(convolution, ({ initializer: [weight] }) => {
      if (weight !== undefined) weight.dims = [2n ** 20n, 2n ** 20n, 2n ** 20n, 1n];
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decode(claims)).toThrow(/claims 11529215046068\d+ elements and holds 144/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test("that claims an image of 2^50 pixels a side takes no memory for it", () => {
    const claims = changed(convolution, ({ input: [image] }) => {
      const type = image?.type?.value;
      if (type?.case !== "tensorType" || type.value.shape === undefined) throw new Error("the input has a shape");
      for (const dim of type.value.shape.dim.slice(2)) dim.value = { case: "dimValue", value: 2n ** 50n };
    });
    const before = process.memoryUsage().arrayBuffers;
    expectRefusedOrSound(claims);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test("of 20,000 nodes that all read one tensor is read within a second or two", () => {
    const many = changed(
      graphBy((b, x) => b.node("Relu", "act", [x])),
      (graph) => {
        graph.node = Array.from({ length: 20_000 }, (_, i) =>
          create(NodeProtoSchema, { name: `n${i}`, opType: "Relu", input: ["input"], output: [`o${i}`] }),
        );
        for (const output of graph.output) output.name = "o7";
      },
    );
    const start = milliseconds();
    expect(decode(many).graph.nodes).toHaveLength(20_000);
    expect(milliseconds() - start).toBeLessThan(5000);
  });

  test.each<[string, (graph: NonNullable<ModelProto["graph"]>) => void, RegExp]>([
    ["lacks an output", (graph) => graph.output.splice(0), /needs a model with an output/],
    ["lacks an input", (graph) => graph.input.splice(0), /needs a model of one input, was given 0/],
    [
      "has two inputs",
      ({ input }) => input.push(...input.map((of) => ({ ...of, name: "second" }))),
      /needs a model of one input, was given 2/,
    ],
    ["reads what is not there", (graph) => graph.node[0]?.input.splice(1, 1, "nowhere"), /tensor "nowhere" of node/],
    [
      "keeps its weights elsewhere",
      ({ initializer: [weight] }) => Object.assign(weight ?? {}, { dataLocation: DataLocation.EXTERNAL }),
      /tensor "block.weight" lies in another file/,
    ],
    [
      "has weights of half precision",
      ({ initializer: [weight] }) => Object.assign(weight ?? {}, { dataType: DataType.FLOAT16 }),
      /tensor "block.weight" is of the type FLOAT16; known: FLOAT, INT64/,
    ],
  ])("that %s is refused with that word", (_, change, message) => {
    expect(() => decode(changed(convolution, change))).toThrow(InputError);
    expect(() => decode(changed(convolution, change))).toThrow(message);
  });
});

describe("attributes of ONNX that the closed set does not have", () => {
  function withAttribute(graph: Graph, name: string, value: string | bigint): Uint8Array {
    return changed(graph, ({ node: [node] }) => {
      const of =
        typeof value === "string"
          ? { type: AttributeKind.STRING, s: new TextEncoder().encode(value) }
          : { type: AttributeKind.INT, i: value };
      node?.attribute.push(create(AttributeProtoSchema, { name, ...of }));
    });
  }

  const gelu = graphBy((b, x) => b.node("Gelu", "act", [x]));
  const pool = graphBy((b, x) => b.node("AveragePool", "", [x], { kernel_shape: [3, 3], strides: [2, 2] }));
  const maxPool = graphBy((b, x) => b.node("MaxPool", "", [x], { kernel_shape: [2, 2] }));
  const reshape = graphBy((b, x) => b.node("Reshape", "", [x, b.constant("target", "int64", [0, -1])]));

  test.each<[string, Graph, string, string | bigint]>([
    ["padding that is computed from the image", convolution, "auto_pad", "SAME_UPPER"],
    ["the approximation of Gelu by tanh", gelu, "approximate", "tanh"],
    ["zeros that are no copies", reshape, "allowzero", 1n],
    ["windows that are rounded up", pool, "ceil_mode", 1n],
    ["windows of maxima that are rounded up", maxPool, "ceil_mode", 1n],
    ["names that are no attributes", convolution, "constructor", 1n],
    ["names that are no attributes", gelu, "__proto__", 1n],
  ])("are refused where they change what is computed: %s", (_, graph, name, value) => {
    expect(() => decode(withAttribute(graph, name, value))).toThrow(
      new RegExp(`attribute "${name}" of \\w+ ".*" is not known`),
    );
  });

  test.each<[Graph, string, string | bigint]>([
    [convolution, "auto_pad", "NOTSET"],
    [gelu, "approximate", "none"],
    [reshape, "allowzero", 0n],
    [pool, "ceil_mode", 0n],
    [maxPool, "storage_order", 1n],
  ])("are let through where they do not: %#", (graph, name, value) => {
    expect(decode(withAttribute(graph, name, value)).graph.nodes).toEqual(graph.nodes);
  });
});

describe("names of nodes", () => {
  test("may be missing, repeated but for a number, or begin with a slash, as exporters have them", () => {
    const three = graphBy((b, x) => b.node("Relu", "c", [b.node("Relu", "b", [b.node("Relu", "a", [x])])]));
    for (const names of [
      ["", "", ""],
      ["/act/Relu", "/act/Relu_1", "/act/Relu_2"],
      ["Relu_0", "Relu_1", "Relu_2"],
    ]) {
      const { graph } = decode(
        changed(three, ({ node }) => {
          for (const [i, of] of node.entries()) of.name = names[i] ?? "";
        }),
      );
      expect(new Set(graph.nodes.map(({ name }) => name)).size).toBe(3);
      expect(decode(model(graph)).graph.nodes.map(({ name }) => name)).toEqual(graph.nodes.map(({ name }) => name));
    }
  });
});

describe("random networks", () => {
  test("come back from their files as they were", () => {
    const layers = fc.oneof(separableLayers, unlikeBranches("Add"), unlikeBranches("Concat"));
    // What is opaque stands for nodes of a file that was imported, and has none of its own.
    const graphs = customNetworks(layers, 6)
      .map((network) => graphOf(customArchitecture(network)))
      .filter(({ nodes }) => nodes.every(({ operator }) => !operator.startsWith("Opaque")));
    const property = fc.property(graphs, fc.constantFrom(17 as const, 20 as const), (graph, opset) => {
      const { graph: decoded } = decode(model(graph, opset));
      // Blocks are taken from names, and attributes are float32 in a file.
      const rounded = (of: Graph) =>
        of.nodes.map(({ block, ...node }) =>
          JSON.stringify(node, (_, value) => (typeof value === "number" ? Math.fround(value) : value)),
        );
      expect(rounded(decoded)).toEqual(rounded(graph));
      expect(decoded.shapes).toEqual(graph.shapes);
      for (const [name, parameter] of graph.parameters) {
        expect(decoded.parameters.get(name)?.values).toEqual(parameterValues(0, parameter));
      }
    });
    fc.assert(property, { seed: 5, numRuns: 300 });
  });
});

const REAL = fileURLToPath(new URL("../../../../../shared/data/onnx/", import.meta.url));

describe("files of others (skipped without ../shared/data)", () => {
  const detector = `${REAL}version-RFB-320_simplified.onnx`;

  test.skipIf(!existsSync(REAL))("are read, or refused with the name of what is not known", () => {
    for (const file of readdirSync(REAL)) {
      const bytes = readFileSync(REAL + file);
      if (file.startsWith("version-RFB")) expect(decode(bytes).graph.nodes).toHaveLength(110);
      else expect(() => decode(bytes), file).toThrow(/^(unknown operator|attribute) "\w+"/);
    }
  });

  test.skipIf(!existsSync(REAL))(
    "a face detector has its 273,888 parameters, and computes the same once written again",
    async () => {
      const bytes = readFileSync(detector);
      const { graph } = decode(bytes);
      expect(architectureCosts(fromGraph(graph)).parameters).toBe(273_888);
      const runtime = onnxRuntime(ort);
      const shape = shapeOf(graph, graph.input);
      const data = Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(i));
      const results = await Promise.all(
        [bytes, model(graph)].map(async (of) => {
          const session = await runtime.createSession(of);
          const outputs = Object.values(await session.run({ [graph.input]: { data, shape } }));
          await session.release();
          return outputs;
        }),
      );
      expect(results[1]).toEqual(results[0]);
    },
  );
});

describe("a graph error in a file", () => {
  test("names the node and the shapes", () => {
    const narrow = changed(convolution, ({ initializer: [weight] }) => {
      if (weight !== undefined) weight.dims = [4n, 2n, 6n, 3n];
    });
    expect(() => decode(narrow)).toThrow(GraphError);
    expect(() => decode(narrow)).toThrow(
      /Conv "block\/layer\/Conv" of \[1, 4, 8, 8\] and \[4, 2, 6, 3\]: 4 and 4 channels/,
    );
  });
});
