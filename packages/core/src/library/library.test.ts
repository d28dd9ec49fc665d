import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { InputError } from "../base/errors.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import type { ProgressReport } from "../search/progress.js";
import { recipes } from "../search/recipes.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { describe as described, exportOnnx } from "./network.js";
import { score } from "./score.js";
import { type SearchEvaluation, type SearchOptions, search } from "./search.js";

const runtime = onnxRuntime(ort);
const space = hybridSpace({ input: [3, 32, 32], classes: 10 });
const small: SearchOptions = { budget: { parameters: 300_000 }, space, maxEvaluations: 60, runtime };

test("a search keeps its budget, and gives the same network for the same seed", async () => {
  const options = { ...small, recipe: "paper", seed: 4 } as const;
  const [once, again] = [await search(options), await search(options)];
  expect(once.parameters).toBeLessThanOrEqual(300_000);
  expect(again.genotype).toEqual(once.genotype);
  expect(again.scores).toEqual(once.scores);
  expect(once.evaluations).toBe(60);
});

test("a search compares networks by the metrics of its recipe, for its training, unless they are named", async () => {
  const metricsOf = async (options: Partial<SearchOptions>) =>
    Object.keys((await search({ ...small, maxEvaluations: 12, ...options })).scores);
  const { recommended, paper } = recipes;
  expect(await metricsOf({})).toEqual(Object.values(recommended.metrics.long));
  expect(await metricsOf({ training: "short" })).toEqual(Object.values(recommended.metrics.short));
  expect(await metricsOf({ recipe: "paper" })).toEqual(Object.values(paper.metrics.long));
  expect(await metricsOf({ training: "short", sizeMetric: "parameters" })).toEqual([
    recommended.metrics.short.topologyMetric,
    "parameters",
  ]);
});

test("what a search finds is described, scored and exported as it was found", async () => {
  const { genotype, parameters, macs, scores } = await search(small);
  expect(await described(genotype)).toMatchObject({ parameters, macs, input: [1, 3, 32, 32] });
  expect(await score(genotype, { metrics: Object.keys(scores).join(), runtime })).toEqual(scores);
  const file = await exportOnnx(genotype, { seed: 0 });
  expect(await described(file, { runtime })).toMatchObject({ parameters, macs });
});

test("evaluations are told in order, and progress can be iterated over to its end", async () => {
  const told: SearchEvaluation[] = [];
  const searching = search({ ...small, onEvaluation: (evaluation) => told.push(evaluation) });
  const reports: ProgressReport[] = [];
  for await (const report of searching) reports.push(report);
  expect(told.map(({ order }) => order)).toEqual(Array.from({ length: (await searching).evaluations }, (_, i) => i));
  expect(reports.length).toBeGreaterThan(0);
  for (const { done } of reports) expect(done).toBeLessThanOrEqual(60);
});

test("a signal ends a search with its reason, for those who wait and for those who iterate", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const searching = search({
    ...small,
    maxEvaluations: 18_000,
    signal: stop.signal,
    onEvaluation: ({ order }) => {
      if (order === 20) stop.abort(reason);
    },
  });
  await expect(searching).rejects.toBe(reason);
  const reports = async () => {
    for await (const { done } of searching) expect(done).toBeLessThan(100);
  };
  await expect(reports()).rejects.toBe(reason);
  await expect(search({ ...small, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("static metrics need no runtime", async () => {
  const { runtime: _, ...others } = small;
  const found = await search({ ...others, topologyMetric: "entropic-score-analytic", sizeMetric: "logsynflow" });
  expect(Object.keys(found.scores)).toEqual(["entropic-score-analytic", "logsynflow"]);
  expect(await score("mobilenetv2_100", { metrics: "parameters" })).toEqual({ parameters: 3_504_872 });
});

const { runtime: _, ...withoutRuntime } = small;

test.each([
  ["a budget that is none", () => search({ ...small, budget: "s9" as "s0" }), /^search: .*"budget"/],
  ["a cost that is none", () => search({ ...small, budget: { weights: 3 } as object }), /^search: .*"budget"/],
  ["an option that is none", () => search({ ...small, sed: 3 } as SearchOptions), /^search: it has "sed"/],
  ["no options at all", () => search(undefined as unknown as SearchOptions), /^search: "budget" is missing/],
  ["a seed below 0", () => search({ ...small, seed: -1 }), /^search: "seed"/],
  ["a metric that is none", () => search({ ...small, sizeMetric: "logsinflow" }), /Did you mean "logsynflow"/],
  ["a space that is a name", () => search({ ...small, space: "hybrid" as never }), /^search: "space" .*hybridSpace/],
  [
    "no runtime where one is needed",
    () => search(withoutRuntime),
    /^search: entropic-score runs networks.*onnxRuntime/,
  ],
  [
    "a runtime that is the binding",
    () => score("resnet18", { runtime: ort as never }),
    /^score: "runtime" .*onnxRuntime\(ort\)/,
  ],
  ["a network that is a number", () => described(3 as never), /^describe: a network is the name of a model/],
  ["a network that is nothing", () => described(null as never), /^describe: .*null/],
  ["a model that is none", () => described("resnet81"), /^describe: unknown model "resnet81".*Did you mean "resnet18"/],
  ["a genotype with a gene missing", () => described({ space: "hybrid", version: 1 } as never), /^describe: /],
  ["bytes that are no file", () => described(new Uint8Array([1, 2, 3]), { runtime }), /^describe: /],
  ["a file to be written as one", () => exportOnnx(new Uint8Array(3) as never), /^exportOnnx: .*already/],
  ["a batch of half an image", () => exportOnnx("resnet18", { batch: 0.5 }), /^exportOnnx: "batch"/],
])("%s is refused by an InputError that names it", async (_, call, message) => {
  await expect(call()).rejects.toThrow(InputError);
  await expect(call()).rejects.toThrow(message);
});
