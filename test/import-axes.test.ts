/**
 * @file Nodes of files that are linear along each axis, and products by labels, as flow sees them: they give what ONNX Runtime gives.
 * They are applied by the dense reference, which shares no code with the fields.
 */

import { graphOf, importOnnx, onnxRuntime, type Shape, shapeOf } from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { applied } from "./reference/dense-rules.js";
import { floatList, floats, integers, node, onnxFile, tensor } from "./reference/onnx-file.js";

const runtime = onnxRuntime(ort);

/** A node that reads `x`, with what is stored beside it. */
interface Case {
  readonly operator: string;
  readonly opset: number;
  readonly shape: Shape;
  readonly inputs?: readonly string[];
  readonly stored?: Parameters<typeof onnxFile>[0]["stored"];
  readonly attributes?: Parameters<typeof node>[3];
}

function fileOf({ operator, opset, shape, inputs = [], stored = [], attributes = {} }: Case): Uint8Array {
  return onnxFile(
    {
      input: [tensor("x", shape)],
      output: [tensor("y", undefined)],
      nodes: [node(operator, ["x", ...inputs], ["y"], attributes)],
      stored,
    },
    opset,
  );
}

function imageOf(shape: Shape): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => Math.sin(7 * i) + 1.1);
}

/** What the maps make of an image, and what the runtime makes of it; `undefined` where a node has no maps. */
async function bothOf(of: Case) {
  const bytes = fileOf(of);
  const values = imageOf(of.shape);
  const session = await ort.InferenceSession.create(bytes);
  const { y } = await session.run({ x: new ort.Tensor("float32", values, [...of.shape]) });
  await session.release();
  const { architecture } = await importOnnx(bytes, { runtime });
  const [only, ...others] = graphOf(architecture).nodes;
  if (only === undefined || others.length > 0 || only.operator !== "OpaqueAlongAxes" || y === undefined)
    return undefined;
  const operand = { kind: "signal", shape: of.shape, values: Float64Array.from(values) } as const;
  const mapped = applied(only, [operand], [y.dims], "identity").outputs[0] ?? new Float64Array();
  return { mapped: [...mapped], seen: [...(y.data as Float32Array)] };
}

async function expectSame(of: Case): Promise<void> {
  const both = await bothOf(of);
  expect(both, of.operator).toBeDefined();
  const { mapped = [], seen = [] } = both ?? {};
  expect(mapped.length).toBe(seen.length);
  mapped.forEach((value, i) => {
    expect(Math.abs(value - (seen[i] ?? Number.NaN))).toBeLessThan(1e-4);
  });
}

const length = fc.integer({ min: 1, max: 7 });
const images: fc.Arbitrary<Shape> = fc.tuple(fc.constant(1), length, length, length);

const resizes: fc.Arbitrary<Case> = fc
  .record({
    shape: images,
    opset: fc.constantFrom(11, 13, 18, 19),
    mode: fc.constantFrom("nearest", "linear"),
    nearest: fc.constantFrom("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
    coordinates: fc.constantFrom("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"),
    scales: fc.tuple(fc.constantFrom(0.4, 0.5, 1, 2, 2.5, 3), fc.constantFrom(0.5, 1, 1.5, 2, 4)),
    isSized: fc.boolean(),
  })
  .filter(({ shape: [, , h = 0, w = 0], scales }) => h * scales[0] >= 1 && w * scales[1] >= 1)
  .map(({ shape, opset, mode, nearest, coordinates, scales, isSized }) => {
    const [, , h = 0, w = 0] = shape;
    const sizes = [...shape.slice(0, 2), Math.floor(h * scales[0]), Math.floor(w * scales[1])];
    const stored = [
      floatList("roi", []),
      floatList("scales", isSized ? [] : [1, 1, ...scales]),
      integers("sizes", sizes),
    ];
    return {
      operator: "Resize",
      opset,
      shape,
      inputs: ["roi", "scales", ...(isSized ? ["sizes"] : [])],
      stored: stored.slice(0, isSized ? 3 : 2),
      attributes: { mode, nearest_mode: nearest, coordinate_transformation_mode: coordinates },
    };
  });

const upsamples: fc.Arbitrary<Case> = fc
  .tuple(
    images,
    fc.constantFrom("nearest", "linear"),
    fc.constantFrom(1, 1.5, 2, 3),
    fc.constantFrom(["Upsample", 9], ["Resize", 10]),
  )
  .map(([shape, mode, scale, [operator, opset]]) => ({
    operator: String(operator),
    opset: Number(opset),
    shape,
    inputs: ["scales"],
    stored: [floatList("scales", [1, 1, scale, scale])],
    attributes: { mode },
  }));

/** Over axes that the form of the closed set does not cover. */
const reductions: fc.Arbitrary<Case> = fc
  .tuple(
    images,
    fc.constantFrom("ReduceMean", "ReduceSum"),
    fc.constantFrom([1], [-1], [3, 1], [1, 2, 3], [2]),
    fc.boolean(),
  )
  .map(([shape, operator, axes, keeps]) => ({
    operator,
    opset: 18,
    shape,
    inputs: ["axes"],
    stored: [integers("axes", axes)],
    attributes: { keepdims: Number(keeps) },
  }));

/** Every other position and such, or turned round. */
const slices: fc.Arbitrary<Case> = images
  .map((shape) => shape.map((n) => n + 1).with(0, 1))
  .chain((shape) => {
    const axis = fc.constantFrom(1, 2, 3);
    return fc.tuple(axis, fc.nat(6), fc.constantFrom(2, 3, -1, -2)).map(([at, start, step]) => {
      const n = shape[at] ?? 1;
      // Not the last position alone.
      const first = step < 0 ? n - 1 : start % (n - 1);
      return {
        operator: "Slice",
        opset: 13,
        shape,
        inputs: ["starts", "ends", "axes", "steps"],
        stored: [
          integers("starts", [first - n, 0]),
          integers("ends", [step < 0 ? -n - 1 : 1000, 1]),
          integers("axes", [at, 0]),
          integers("steps", [step, 1]),
        ],
      };
    });
  });

const gathers: fc.Arbitrary<Case> = fc
  .tuple(images, fc.constantFrom(1, 2, -1), fc.array(fc.nat(6), { minLength: 2, maxLength: 4 }), fc.boolean())
  .map(([shape, axis, drawn, isTable]) => {
    const n = shape.at(axis) ?? 1;
    const indices = drawn.map((index, i) => (i % 2 === 0 ? index % n : (index % n) - n));
    const dims = isTable && indices.length % 2 === 0 ? [2, indices.length / 2] : [indices.length];
    return {
      operator: "Gather",
      opset: 13,
      shape,
      inputs: ["i"],
      stored: [integers("i", indices, dims)],
      attributes: { axis },
    };
  });

const tiles: fc.Arbitrary<Case> = fc
  .tuple(images, fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 2 }))
  .map(([shape, a, b]) => ({
    operator: "Tile",
    opset: 13,
    shape,
    inputs: ["r"],
    stored: [integers("r", [1, b, a, 1])],
  }));

const expansions: fc.Arbitrary<Case> = fc.tuple(length, length, length).map(([c, h, w]) => ({
  operator: "Expand",
  opset: 13,
  shape: [1, c, 1, 1],
  inputs: ["to"],
  stored: [integers("to", [1, 1, h + 1, w])],
}));

const paddings: fc.Arbitrary<Case> = fc
  .tuple(images, fc.constantFrom("reflect", "edge"), fc.nat(2), fc.nat(2))
  .filter(([[, , h = 0, w = 0], , a, b]) => h > Math.max(a, b) && w > Math.max(a, b))
  .map(([shape, mode, a, b]) => ({
    operator: "Pad",
    opset: 13,
    shape,
    inputs: ["pads"],
    stored: [integers("pads", [0, 0, a, b, 0, 0, b, a])],
    attributes: { mode },
  }));

test.each([
  ["Resize", resizes, 150],
  ["Upsample and the first Resize", upsamples, 40],
  ["means and sums over axes", reductions, 40],
  ["Slice with steps", slices, 40],
  ["Gather of several indices", gathers, 40],
  ["Tile", tiles, 20],
  ["Expand", expansions, 20],
  ["Pad by reflection and by the edge", paddings, 30],
] as const)("%s is the map along each axis that ONNX Runtime computes", async (_, cases, numRuns) => {
  await fc.assert(fc.asyncProperty(cases, expectSame), { seed: 1, numRuns });
});

test.each([
  ["Einsum", "bchw,co->bohw", [3, 4]],
  ["Einsum", "b...w,wo->b...o", [5, 2]],
  ["Einsum", "...hw,oh->...ow", [2, 4]],
  ["Einsum", "bchw,bcwo->bcho", [1, 3, 5, 2]],
  ["Einsum", "bchw,bcwo->bcho", [1, 1, 5, 2]],
  ["Einsum", "bchw,chw->bc", [3, 4, 5]],
  ["MatMul", "", [1, 3, 5, 2]],
  ["MatMul", "", [3, 5, 2]],
])("%s %s by a tensor %j is the product that ONNX Runtime computes", async (operator, equation, weight) => {
  const of = { operator, opset: 13, shape: [1, 3, 4, 5], inputs: ["w"] };
  const attributes = operator === "Einsum" ? { equation } : {};
  const bytes = fileOf({ ...of, stored: [floats("w", weight, 0.5)], attributes });
  const { mapped, seen } = await bothProducts(bytes, of.shape);
  expect(mapped.length).toBe(seen.length);
  mapped.forEach((value, i) => {
    expect(Math.abs(value - (seen[i] ?? Number.NaN))).toBeLessThan(1e-4);
  });
});

/** What the node of a product makes of an image and its weight, and what the runtime makes of them. */
async function bothProducts(bytes: Uint8Array, shape: Shape) {
  const values = imageOf(shape);
  const session = await ort.InferenceSession.create(bytes);
  const { y } = await session.run({ x: new ort.Tensor("float32", values, [...shape]) });
  await session.release();
  const graph = graphOf((await importOnnx(bytes, { runtime, weights: "file" })).architecture);
  const [only] = graph.nodes;
  if (only === undefined || y === undefined) throw new Error("a product is a node");
  const operands = only.inputs.map((name) => {
    const parameter = graph.parameters.get(name);
    const kind = parameter === undefined ? ("signal" as const) : ("parameter" as const);
    return { kind, shape: shapeOf(graph, name), values: Float64Array.from(parameter?.values ?? values) };
  });
  const mapped = applied(only, operands, [y.dims], "identity").outputs[0] ?? new Float64Array();
  return { mapped: [...mapped], seen: [...(y.data as Float32Array)] };
}
