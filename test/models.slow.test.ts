/** @file Every model of the registry, against what others publish of it, and through everything that a network of ours goes through. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  architectureCosts,
  checkAnySize,
  costsOf,
  decode,
  encode,
  encodeSafetensors,
  fromGraph,
  furtherModels,
  type Graph,
  GraphError,
  graphOf,
  InputError,
  isValue,
  macsOf,
  metricsOf,
  modelNamed,
  models,
  onnxRuntime,
  type Parameter,
  parameterValues,
  resized,
  Scorer,
  shapeOf,
} from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { elements } from "../packages/core/src/graph/graph.js";
import { scatteredValues } from "../packages/core/src/testing/scattered-weights.js";
import { hasPythonModule, PYTHON } from "./reference/python.js";

const runtime = onnxRuntime(ort);
const DATA = fileURLToPath(new URL("../../shared/data/", import.meta.url));
const CHECKER = fileURLToPath(new URL("../scripts/check-onnx.py", import.meta.url));
const BLOCKS_IN_PYTORCH = fileURLToPath(new URL("../scripts/check-models.py", import.meta.url));
const TIMM_TABLE = join(DATA, "timm_imagenet_le40m.csv.gz");
const named = models.map((model) => [model.name, model] as const);
/** What has a stride of 32 and patches of 2 x 2 after it takes 64 pixels at least. */
const SMALL = 64;

/** The figure that others publish, to as many decimals. */
function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

/**
 * Operations that the counter behind timm's table (fvcore) adds to multiply-accumulates: 2 an element of a batch normalisation,
 * 5 of a layer normalisation, 1 of what is averaged.
 */
function normalisationOperations(graph: Graph): number {
  const each: Readonly<Record<string, number>> = { BatchNormalization: 2, LayerNormalization: 5, GlobalAveragePool: 1 };
  return graph.nodes.reduce(
    (sum, { operator, inputs: [x = ""] }) => sum + (each[operator] ?? 0) * elements(shapeOf(graph, x)),
    0,
  );
}

describe("a published model", () => {
  const published = [...models, ...furtherModels].flatMap((model) =>
    model.published === undefined ? [] : [[model.name, model, model.published] as const],
  );

  test.each(published)("%s has the published parameters to the last digit", (_, model, { millionParameters }) => {
    expect(rounded(architectureCosts(model.build()).parameters / 1e6, 2)).toBe(millionParameters);
  });

  test.each(published)(
    "%s has the published MACs to the last digit, normalisations counted where the source counts them",
    (_, model, { gigaMacs, source }) => {
      const graph = graphOf(model.build());
      const { macs } = costsOf(graph);
      const [counted, decimals] = source.startsWith("timm") ? [macs + normalisationOperations(graph), 2] : [macs, 3];
      expect(rounded(counted / 1e9, decimals)).toBe(gigaMacs);
    },
  );

  test.each([
    ["mobilenetv2_100", 3_504_872],
    ["resnet18", 11_689_512],
    ["shufflenetv2_100", 2_278_604],
    ["shufflenetv2_050", 1_366_792],
    ["shufflenetv2_150", 3_503_624],
    ["shufflenetv2_200", 7_393_996],
    ["deit_tiny", 5_717_416],
  ])("%s has %i parameters, as torchvision and the authors count", (name, parameters) => {
    expect(architectureCosts(modelNamed(name).build()).parameters).toBe(parameters);
  });

  test.each([
    ["mobilenetv2_100", 300e6],
    ["resnet18", 1.814e9],
  ])("%s has %i MACs, to within 1 %%, where normalisations are not counted", (name, macs) => {
    expect(Math.abs(architectureCosts(modelNamed(name).build()).macs / macs - 1)).toBeLessThan(0.01);
  });

  test.skipIf(!existsSync(TIMM_TABLE))("stands in timm's table as it says (skipped without ../shared/data)", () => {
    const rows: Record<string, string>[] = parse(gunzipSync(readFileSync(TIMM_TABLE)), { columns: true });
    for (const [name, model, { millionParameters, gigaMacs, top1, source, ...of }] of published) {
      if (!source.startsWith("timm")) continue;
      const row = rows.find(({ model: other, img_size }) => other === of.name && Number(img_size) === model.resolution);
      const megaActivations = rounded(architectureCosts(model.build()).activations / 1e6, 2);
      const given = [row?.params_m, row?.gmacs, row?.top1, row?.macts].map(Number);
      expect([name, ...given]).toEqual([name, millionParameters, gigaMacs, top1, megaActivations]);
    }
  });
});

/** A convolution or a linear layer: channels that it gives, side of its kernel, weights, and MACs. */
type Layer = readonly [out: number, kernel: number, weights: number, macs: number];

/** Layers with weights of a text graph of ncnn, by name. */
function ncnnLayers(file: string): ReadonlyMap<string, Layer> {
  const lines = readFileSync(file, "utf8").split("\n").slice(2);
  const layers = new Map<string, Layer>();
  for (const line of lines) {
    const [type = "", name = "", ...fields] = line.split(/\s+/);
    const field = (key: string) => Number(fields.find((of) => of.startsWith(`${key}=`))?.slice(key.length + 1));
    const [, width = 1, height = 1] = /-23330=\d+,\d+,(\d+),(\d+)/.exec(line)?.map(Number) ?? [];
    if (type === "InnerProduct") layers.set(name, [field("0"), 1, field("2"), field("2")]);
    if (type.startsWith("Convolution")) {
      layers.set(name, [field("0"), field("1"), field("6"), field("6") * width * height]);
    }
  }
  return layers;
}

function ourLayers(graph: Graph): Layer[] {
  return graph.nodes.flatMap((node) => {
    if (node.operator !== "Conv" && node.operator !== "Gemm") return [];
    const weight = shapeOf(graph, node.inputs[1] ?? "");
    return [[weight[0] ?? 0, weight[2] ?? 1, elements(weight), macsOf(graph, node)] as const];
  });
}

describe.each([
  // Both were trained in Caffe with a 1 x 1 convolution more than the paper has, on a shape that it keeps.
  { file: "mobilenet_v2", name: "mobilenetv2_100", besides: ["conv2_1/expand"] },
  { file: "resnet18", name: "resnet18", besides: ["res2a_branch1"] },
  { file: "shufflenet_v2", name: "shufflenetv2_100", besides: [] },
])("$name and the graph that ncnn has of it (skipped without ../shared/data)", ({ file, name, besides }) => {
  const path = join(DATA, "ncnn", `${file}.param`);
  test.skipIf(!existsSync(path))("are equal layer by layer: channels, kernels, weights, MACs", () => {
    const theirs = ncnnLayers(path);
    const kept = [...theirs].flatMap(([layer, of]) => (besides.includes(layer) ? [] : [of]));
    expect(theirs.size - kept.length).toBe(besides.length);
    const ordered = (layers: readonly Layer[]) => layers.map((layer) => layer.join()).toSorted();
    expect(ordered(ourLayers(graphOf(modelNamed(name).build())))).toEqual(ordered(kept));
  });
});

/** The metrics that exclude a model: MobileViT by their 32 pixels, DeiT since its tokens are no feature maps. */
function withReasons(name: string): Readonly<Record<string, unknown>> {
  if (name.startsWith("mobilevit")) {
    const reason = expect.stringContaining("does not divide into patches of 2 x 2");
    return { "linear-regions": reason, "swap-score": reason };
  }
  if (!name.startsWith("deit")) return {};
  const reason = expect.stringMatching(/feature map|global average pooling/);
  const maps = ["meco", "az-expressivity", "az-progressivity", "expressivity-growth", "az-trainability", "zen-score"];
  return Object.fromEntries(maps.map((id) => [id, reason]));
}

describe.each(named)("%s", (_, model) => {
  const small = model.build({ resolution: SMALL, classes: 10 });
  const bytes = encode(graphOf(small), { values: (parameter) => parameterValues(3, parameter) });

  test("runs in ONNX Runtime at batch 1 and 2, with equal results at every optimisation level", async () => {
    const image = Float32Array.from({ length: 2 * 3 * SMALL * SMALL }, (_, i) => Math.sin(i));
    const outputs: number[][] = [];
    for (const optimisation of ["disabled", "basic", "extended", "all"] as const) {
      const session = await runtime.createSession(bytes, { optimisation });
      for (const batch of [1, 2]) {
        const data = image.slice(0, (batch * image.length) / 2);
        const [logits] = Object.values(await session.run({ input: { data, shape: [batch, 3, SMALL, SMALL] } }));
        expect(logits?.shape).toEqual([batch, 10]);
        outputs.push([...(logits?.data.slice(0, 10) ?? [])]);
      }
      await session.release();
    }
    const scale = Math.max(...(outputs[0] ?? []).map(Math.abs));
    expect(scale).toBeGreaterThan(0);
    for (const output of outputs) {
      const difference = Math.max(...output.map((value, i) => Math.abs(value - (outputs[0]?.[i] ?? 0))));
      expect(difference / scale).toBeLessThan(1e-4);
    }
  });

  test("has a number by every metric, or a reason that its contract gives", async () => {
    const scorer = new Scorer(runtime, { seed: 0 });
    const scores = await scorer.scores(small, metricsOf("all"));
    await scorer.release();
    for (const score of Object.values(scores)) if (isValue(score)) expect(Number.isFinite(score)).toBe(true);
    const reasons = Object.entries(scores).flatMap(([id, score]) => (isValue(score) ? [] : [[id, score.reason]]));
    expect(Object.fromEntries(reasons)).toEqual(withReasons(model.name));
  });

  test("comes back from its own file with the same costs and scores", async () => {
    const scorer = new Scorer(runtime, { seed: 5 });
    const metrics = metricsOf("entropic-score,logsynflow,logsynflow(normalisation=divide)");
    const back = fromGraph(decode(bytes).graph);
    const redrawn = fromGraph({
      ...graphOf(back),
      parameters: new Map(
        [...graphOf(back).parameters].map(([name, { values: _values, ...parameter }]) => [name, parameter]),
      ),
    });
    expect(architectureCosts(back)).toEqual(costsOf(graphOf(small)));
    expect(await scorer.scores(redrawn, metrics)).toEqual(await scorer.scores(fromGraph(graphOf(small)), metrics));
    await scorer.release();
  });
});

const judge = hasPythonModule("onnx");
test.skipIf(!judge)("every model passes ONNX's full checker (skipped without python3-onnx)", () => {
  const folder = mkdtempSync(join(tmpdir(), "esnas-models-"));
  try {
    const files = models.map((model) => {
      const file = join(folder, `${model.name}.onnx`);
      const graph = graphOf(model.build({ resolution: SMALL, classes: 10 }));
      writeFileSync(file, encode(graph, { values: (parameter) => parameterValues(0, parameter) }));
      return file;
    });
    const printed = execFileSync(PYTHON, [CHECKER, ...files], { encoding: "utf8" });
    expect(printed.match(/: valid, opset 17/g)).toHaveLength(models.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const hasTorch = hasPythonModule("torch");
test.skipIf(!hasTorch)(
  "every published model computes what its papers' blocks do in PyTorch, all weights scattered (skipped without python3-torch)",
  async () => {
    const rivals = models.filter(({ published }) => published !== undefined);
    const parent = mkdtempSync(join(tmpdir(), "esnas-models-"));
    try {
      const values = scatteredValues(1);
      for (const model of rivals) {
        const folder = join(parent, model.name);
        mkdirSync(folder);
        const architecture = model.build({ resolution: SMALL, classes: 10 });
        const graph = graphOf(architecture);
        const weights = [...graph.parameters].map(
          ([name, parameter]) => [name, { shape: parameter.shape, data: values(parameter) }] as const,
        );
        const shape = [2, 3, SMALL, SMALL];
        const images = Float32Array.from({ length: elements(shape) }, (_, i) => Math.sin(i));
        const session = await runtime.createSession(encode(graph, { values }));
        const [logits] = Object.values(await session.run({ input: { data: images, shape } }));
        await session.release();
        const files = {
          "weights.safetensors": encodeSafetensors(new Map(weights)),
          "blocks.json": JSON.stringify(architecture.blocks.map(({ name, spec }) => ({ name, spec }))),
          "shapes.json": JSON.stringify({ images: shape, logits: [2, 10] }),
          images,
          logits: logits?.data as Float32Array,
        };
        for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
      }
      const folders = rivals.map(({ name }) => join(parent, name));
      const printed = execFileSync(PYTHON, [BLOCKS_IN_PYTORCH, ...folders], { encoding: "utf8" });
      const judged = printed.trim().split("\n");
      expect(judged).toHaveLength(rivals.length);
      for (const line of judged) {
        const { folder, difference, largest } = JSON.parse(line);
        expect(largest, folder).toBeGreaterThan(0.01);
        expect(difference / largest, folder).toBeLessThan(1e-4);
      }
    } finally {
      rmSync(parent, { recursive: true });
    }
  },
);

describe("a name", () => {
  test("is ours, or that of the publication", () => {
    for (const name of ["edgenext_s", "edgenext_small", "edgenext_small.usi_in1k"]) {
      expect(modelNamed(name).title).toBe("EdgeNeXt-S");
    }
  });

  test("belongs to one model alone", () => {
    expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
  });

  test("that no model has is answered with the nearest one", () => {
    expect(() => modelNamed("edgenext_small_rw")).toThrow(InputError);
    expect(() => modelNamed("mobilevit_xxss")).toThrow(/unknown model "mobilevit_xxss".*mobilevit_xxs/);
  });
});

test("ShuffleNetV2 is one file for images of any size", async () => {
  const model = modelNamed("shufflenetv2_050").build({ classes: 10 });
  checkAnySize(model);
  const values = (parameter: Parameter) => parameterValues(0, parameter);
  const [any, fixed] = [graphOf(model), graphOf(resized(model, { resolution: [96, 64] }))];
  const outputs: unknown[] = [];
  for (const bytes of [encode(any, { values, anySize: true }), encode(fixed, { values })]) {
    const session = await runtime.createSession(bytes);
    const data = Float32Array.from({ length: 3 * 96 * 64 }, (_, i) => Math.sin(i));
    outputs.push(Object.values(await session.run({ input: { data, shape: [1, 3, 96, 64] } })));
    await session.release();
  }
  expect(outputs[0]).toEqual(outputs[1]);
});

test("MobileViT refuses images whose maps do not divide into its patches", () => {
  expect(() => modelNamed("mobilevit_s").build({ resolution: 224 })).toThrow(GraphError);
});
