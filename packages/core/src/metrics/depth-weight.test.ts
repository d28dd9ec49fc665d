import fc from "fast-check";
import { expect, test } from "vitest";
import { architectureCosts } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { isForward } from "./metric.js";
import { metricOf } from "./registry.js";

const space = hybridSpace({ input: [3, 64, 64], classes: 10 });

function scoreOf(text: string, seed: number): number {
  const metric = metricOf(text);
  if (isForward(metric)) throw new Error("a metric of sizes runs nothing");
  return Number(metric.score(space.build(sample(space, seededRandom(seed)))));
}

test.each(["logsynflow", "logsynflow(normalisation=divide)", "spectral-capacity"])(
  "%s with a weight on depth is the score times a power of the nonlinearities",
  (text) => {
    const weighed = (depth: number) =>
      text.endsWith(")") ? `${text.slice(0, -1)},depth=${depth})` : `${text}(depth=${depth})`;
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: -12, max: 12 }), (seed, depth) => {
        const { activationLayers } = architectureCosts(space.build(sample(space, seededRandom(seed))));
        const ratio = scoreOf(weighed(depth), seed) / scoreOf(text, seed);
        expect(Math.log(ratio)).toBeCloseTo(depth * Math.log(activationLayers), 8);
      }),
      { numRuns: 40 },
    );
  },
);
