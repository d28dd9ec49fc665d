import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../base/errors.js";
import type { Parameter } from "../../graph/graph.js";
import type { TensorData } from "../../runtime/session.js";
import { decodeSafetensors, encodeSafetensors, valuesFor } from "./safetensors.js";

const tensor: fc.Arbitrary<TensorData> = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
  const n = shape.reduce((product, length) => product * length, 1);
  return fc.float32Array({ minLength: n, maxLength: n, noNaN: true }).map((data) => ({ shape, data }));
});
const tensors = fc
  .dictionary(
    fc.string({ minLength: 1 }).filter((name) => !name.startsWith("__")),
    tensor,
    { maxKeys: 5, noNullPrototype: true },
  )
  .map((entries) => new Map(Object.entries(entries)));

/** A file of one header and some bytes, whatever they are. */
function fileOf(header: unknown, data: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

describe("safetensors", () => {
  test("come back from their file, with their metadata", () => {
    fc.assert(
      fc.property(
        tensors,
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          fc.string(),
        ),
        (given, metadata) => {
          const read = decodeSafetensors(encodeSafetensors(given, metadata));
          expect(read.tensors).toEqual(given);
          expect({ ...read.metadata }).toEqual({ ...metadata });
        },
      ),
      { seed: 1 },
    );
  });

  test("are laid out as the format says", () => {
    const bytes = encodeSafetensors(new Map([["a.weight", { shape: [2], data: Float32Array.of(1, -2) }]]), {
      seed: "7",
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const json = Buffer.from(bytes.subarray(8, 8 + length)).toString();
    expect(json).toMatch(/^\{.*\} *$/);
    expect(JSON.parse(json)).toEqual({
      __metadata__: { seed: "7" },
      "a.weight": { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    });
    expect(new Float32Array(bytes.slice(8 + length).buffer)).toEqual(Float32Array.of(1, -2));
  });

  test.each([
    ["F16", [0x00, 0x3c, 0x00, 0xc5, 0x01, 0x00, 0x00, 0x7c], [1, -5, 2 ** -24, Number.POSITIVE_INFINITY]],
    ["BF16", [0x80, 0x3f, 0xa0, 0xc0], [1, -5]],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], [1]],
  ])("of %s are read as float32", (dtype, bytes, expected) => {
    const header = { x: { dtype, shape: [expected.length], data_offsets: [0, bytes.length] } };
    expect([...(decodeSafetensors(fileOf(header, Uint8Array.from(bytes))).tensors.get("x")?.data ?? [])]).toEqual(
      expected,
    );
  });

  test("that are cut, or are something else, are an InputError", () => {
    const good = encodeSafetensors(new Map([["a", { shape: [3], data: Float32Array.of(1, 2, 3) }]]));
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeSafetensors(good.slice(0, length))).toThrow(InputError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => decodeSafetensors(bytes)).toThrow(InputError);
      }),
      { seed: 2 },
    );
  });

  test.each([
    ["bytes beyond the end", { dtype: "F32", shape: [2], data_offsets: [0, 8] }, /claims the bytes 0 to 8 of 4/],
    ["fewer bytes than its shape", { dtype: "F32", shape: [1e9, 1e9], data_offsets: [0, 4] }, /claims the bytes/],
    ["no offsets", { dtype: "F32", shape: [1] }, /"data_offsets" is missing/],
    ["a negative length", { dtype: "F32", shape: [-1], data_offsets: [0, 4] }, /"shape.0"/],
  ])("with %s are an InputError", (_, entry, reason) => {
    expect(() => decodeSafetensors(fileOf({ x: entry }, new Uint8Array(4)))).toThrow(InputError);
    expect(() => decodeSafetensors(fileOf({ x: entry }, new Uint8Array(4)))).toThrow(reason);
  });
});

describe("values for a network", () => {
  const parameter = (name: string, shape: readonly number[]): [string, Parameter] => [
    name,
    { name, shape, initialisation: { kind: "zeros" }, trainable: true },
  ];
  const network = new Map([parameter("a", [2]), parameter("b", [1, 1])]);
  const entry = (shape: readonly number[], from: number, dtype = "F32") => ({
    dtype,
    shape,
    data_offsets: [from, from + 4 * shape.reduce((product, n) => product * n, 1)],
  });
  const a = entry([2], 0);
  const b = entry([1, 1], 8);
  const read = (header: object) => valuesFor(network, decodeSafetensors(fileOf(header, new Uint8Array(16).fill(64))));

  test("are those of the file, beside which PyTorch's counters of batches may stand", () => {
    const values = read({ a, b, "n.num_batches_tracked": entry([1], 12, "I32") });
    expect(network.get("a") && values(network.get("a") as Parameter)).toHaveLength(2);
  });

  test.each([
    ["lacks one", { a }, /lack "b" of shape \[1, 1\]/],
    ["has one too many", { a, b, c: entry([1], 12) }, /have "c", which the network does not have/],
    ["has another shape", { a: entry([1, 2], 0), b }, /"a" is of shape \[1, 2\]; the network has \[2\]/],
    ["has integers", { a: entry([2], 0, "I32"), b }, /"a" is of the type I32/],
  ])("are refused of a file that %s", (_, header, reason) => {
    expect(() => read(header)).toThrow(InputError);
    expect(() => read(header)).toThrow(reason);
  });
});
