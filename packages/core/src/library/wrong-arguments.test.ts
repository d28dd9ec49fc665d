/** @file Nonsense as arguments of the public calls: what is refused is refused by an error that says so, never by a TypeError from inside. */

import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import * as esnas from "../index.js";

const runtime = esnas.onnxRuntime(ort);
const space = esnas.hybridSpace({ input: [3, 32, 32], classes: 10 });
const random = esnas.seededRandom(0);
const genotype = esnas.sample(space, random);

/** Values of any type; texts and objects may have names that mean something. */
const nonsense = fc.oneof(
  fc.anything({ maxDepth: 1, withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
  fc.constantFrom(
    undefined,
    null,
    "",
    "entropic-score(",
    "rank()",
    "hybrid",
    "__proto__",
    "toString",
    Number.NaN,
    -1,
    () => 1,
  ),
  fc.dictionary(
    fc.constantFrom("input", "classes", "stages", "space", "version", "genes", "rows", "columns", "contract", "name"),
    fc.anything({ maxDepth: 1 }),
    { noNullPrototype: true },
  ),
);

/** A call with an argument that is taken for nonsense. */
const calls: Readonly<Record<string, (x: never) => unknown>> = {
  addMetric: (x) => esnas.addMetric(x),
  addSpace: (x) => esnas.addSpace(x),
  "algorithms.cyclic": (x) => esnas.algorithms.cyclic(x).next(),
  architectureCosts: (x) => esnas.architectureCosts(x),
  atResolution: (x) => esnas.atResolution(space.build(genotype), x),
  "chain of blocks": (x) => esnas.chain("net", [1, 3, 32, 32], x),
  "chain of a shape": (x) => esnas.chain("net", x, [{ name: "head", spec: { kind: "head", classes: 3 } }]),
  "chain of a spec": (x) => esnas.chain("net", [1, 3, 32, 32], [{ name: "head", spec: x }]),
  "checkConstraints of a space": (x) => esnas.checkConstraints(x, {}),
  "checkConstraints of bounds": (x) => esnas.checkConstraints(space, x),
  crossover: (x) => esnas.crossover(space, genotype, x, random),
  defineMetric: (x) => esnas.defineMetric(x),
  defineSpace: (x) => esnas.defineSpace(x).create({}),
  describe: (x) => esnas.describe(x, { runtime }),
  "describe with options": (x) => esnas.describe("resnet18", x),
  describeStages: (x) => esnas.describeStages(x),
  esformerGenotype: (x) => esnas.esformerGenotype(x),
  "esformerGenotype with options": (x) => esnas.esformerGenotype("s0", x),
  exportOnnx: (x) => esnas.exportOnnx(x),
  figureSvg: (x) => esnas.figureSvg(x),
  fromJson: (x) => esnas.fromJson(space, x),
  graphOf: (x) => esnas.graphOf(x),
  hybridSpace: (x) => esnas.hybridSpace(x),
  "importOnnx of bytes": (x) => esnas.importOnnx(x, { runtime }),
  "importOnnx with options": (x) => esnas.importOnnx(new Uint8Array(3), x),
  keyOf: (x) => esnas.keyOf(space, x),
  latencyPredictor: (x) => esnas.latencyPredictor(x),
  localEvaluator: (x) => esnas.localEvaluator(x, undefined),
  metricOf: (x) => esnas.metricOf(x),
  metricsOf: (x) => esnas.metricsOf(x),
  modelNamed: (x) => esnas.modelNamed(x),
  "a model": (x) => esnas.modelNamed("resnet18").build(x),
  mutate: (x) => esnas.mutate(space, x, random),
  nasbench101Space: (x) => esnas.nasbench101Space(x),
  natsSizeSpace: (x) => esnas.natsSizeSpace(x),
  natsTopologySpace: (x) => esnas.natsTopologySpace(x),
  objectiveOf: (x) => esnas.objectiveOf(x),
  objectiveOfMetric: (x) => esnas.objectiveOfMetric(x),
  onnxRuntime: (x) => esnas.onnxRuntime(x),
  pytorchSource: (x) => esnas.pytorchSource(x),
  readGenotype: (x) => esnas.readGenotype(x),
  readLatencyProfile: (x) => esnas.readLatencyProfile(x),
  "readTable of a source": (x) => esnas.readTable(x, { space: "nats-topology", dataset: "c10" }),
  "readTable of a request": (x) =>
    esnas.readTable({ name: "t", checksum: "", columns: ["architecture", "c10"], rows: [] }, x),
  "sample of a space": (x) => esnas.sample(x, random),
  "sample of random numbers": (x) => esnas.sample(space, x),
  score: (x) => esnas.score(x, { metrics: "parameters" }),
  "score with options": (x) => esnas.score("resnet18", x),
  search: (x) => esnas.search(x),
  seededRandom: (x) => esnas.seededRandom(x),
  "a scorer": (x) => new esnas.Scorer(runtime, x),
  "a scorer of a runtime": (x) => new esnas.Scorer(x, { seed: 0 }),
  "spaceOf a name": (x) => esnas.spaceOf(x),
  "spaceOf options": (x) => esnas.spaceOf("hybrid", x),
  toJson: (x) => esnas.toJson(space, x),
};

describe("nonsense", () => {
  test.each(Object.entries(calls))("is refused by an error of ours, or is none: %s", async (_, call) => {
    const property = fc.asyncProperty(nonsense, async (given) => {
      try {
        await call(given as never);
      } catch (error) {
        expect(error).toBeInstanceOf(esnas.EsnasError);
        expect((error as Error).message).not.toBe("");
      }
    });
    await fc.assert(property, { seed: 1, numRuns: 300 });
  });
});
