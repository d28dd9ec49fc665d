import { describe, expect, test } from "vitest";
import { fromGraph, graphOf } from "../architecture/architecture.js";
import { UnscorableError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { type BlockSpec, buildBlock } from "../blocks/registry.js";
import { metricOf } from "../metrics/registry.js";
import { scoreStatic } from "../metrics/static-score.js";
import { spaceNames, spaceOf } from "../spaces/registry.js";
import { sample } from "../spaces/variation.js";
import type { Builder, Tensor } from "./builder.js";
import { compileFlow } from "./flow-builder.js";

describe("a flow that is built", () => {
  const metrics = ["logsynflow", "logsynflow(normalisation=divide)", "synflow"].map((id) => {
    const metric = metricOf(id);
    if ("observe" in metric) throw new Error(`${id} runs nothing`);
    return metric;
  });

  test.each(spaceNames)("is that of the whole network's graph, in the space %s", (name) => {
    const space = spaceOf(name);
    const random = seededRandom(1);
    for (let i = 0; i < 30; i++) {
      const architecture = space.build(sample(space, random));
      const whole = fromGraph(graphOf(architecture));
      for (const metric of metrics) expect(scoreStatic(architecture, metric)).toEqual(scoreStatic(whole, metric));
    }
  });

  test("has no junction in attention, of which the value alone brings a gradient back", () => {
    const spec: BlockSpec = {
      kind: "transformer",
      qkvDim: 8,
      heads: 2,
      ffn: { kind: "convnext", kernel: 3, expansion: 2 },
    };
    const { flow } = compileFlow((b, x) => buildBlock(b, x, spec), [1, 4, 3, 3], "identity");
    if (flow instanceof UnscorableError) throw flow;
    expect(new Set(flow.steps.map(({ rule }) => rule.kind))).toEqual(new Set(["layer", "sum"]));
  });

  const magnitudes = (b: Builder, x: Tensor) => b.node("Relu", "act", [b.node("Abs", "size", [x])]);

  test.each([
    { where: "an operator", build: magnitudes },
    { where: "a part", build: (b: Builder, x: Tensor) => b.part("magnitudes", x, magnitudes) },
    { where: "a part seen before", build: (b: Builder, x: Tensor) => b.part("magnitudes", x, magnitudes) },
  ])("is a reason where $where has no rule, and shapes go on", ({ build }) => {
    const { output, flow } = compileFlow(build, [1, 4, 3], "identity");
    expect(output).toEqual([1, 4, 3]);
    expect(flow).toBeInstanceOf(UnscorableError);
    expect(flow).toMatchObject({ message: "flow does not cover Abs (1 node)" });
  });
});
