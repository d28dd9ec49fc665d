/** @file Networks of ours that come back from their own files by the way that anyone's files take. */

import {
  type Architecture,
  architectureCosts,
  encode,
  fromGraph,
  type Graph,
  graphOf,
  hybridSpace,
  importOnnx,
  metricsOf,
  models,
  onnxRuntime,
  parameterValues,
  Scorer,
  type Scores,
  sampleWithin,
  seededRandom,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";

const runtime = onnxRuntime(ort);
const scorer = new Scorer(runtime, { seed: 5, sessions: 4 });
afterAll(() => scorer.release());

const cheap = metricsOf("parameters,macs,activations,activation-layers,peak-memory,logsynflow,synflow");

function file(graph: Graph): Uint8Array {
  return encode(graph, { values: (parameter) => parameterValues("5.0", parameter) });
}

/** The graph with the very weights that its file has. */
function withWeights(graph: Graph): Graph {
  const parameters = [...graph.parameters].map(([name, parameter]) => {
    const values = parameterValues("5.0", parameter);
    return [name, { ...parameter, values, initialisation: { kind: "given" } }] as const;
  });
  return { ...graph, parameters: new Map(parameters) };
}

async function scoresOf(architecture: Architecture, metrics = cheap): Promise<Scores> {
  return scorer.scores(architecture, metrics);
}

describe("a random ESFormer", () => {
  const space = hybridSpace({ input: [3, 32, 32], classes: 10 });
  const forward = metricsOf("entropic-score,naswot(batch=4),zen-score,meco");

  function* graphs(seed: number, count: number): Generator<Graph> {
    const random = seededRandom(seed);
    for (let i = 0; i < count; i++) {
      yield graphOf(space.build(sampleWithin(space, { parameters: { max: 400_000 } }, random)));
    }
  }

  test.each(Array.from({ length: 10 }, (_, i) => i))(
    "has the same costs and scores after it was written and read: ten of a hundred, %i",
    async (seed) => {
      // Runs take longest: the first by all, two by one, of the others the flow and the costs.
      let left = 3;
      for (const graph of graphs(seed, 10)) {
        const { architecture } = await importOnnx(file(graph), { runtime });
        expect(architectureCosts(architecture)).toEqual(architectureCosts(fromGraph(graph)));
        const metrics = [...cheap, ...(left === 3 ? forward : forward.slice(0, Math.max(0, Math.min(1, left))))];
        expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(graph), metrics));
        left--;
      }
    },
  );

  test("has them with the weights of its file too, which are those that the seed draws", async () => {
    for (const graph of graphs(100, 3)) {
      const { architecture } = await importOnnx(file(graph), { runtime, weights: "file" });
      const metrics = [...cheap, ...forward];
      expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(withWeights(graph)), metrics));
      const drawn = forward.slice(0, 2);
      expect(await scoresOf(architecture, drawn)).toEqual(await scoresOf(fromGraph(graph), drawn));
    }
  });

  test("has them where its file takes images of any size, whose shapes are computed", async () => {
    for (const graph of graphs(101, 3)) {
      const bytes = encode(graph, { values: (parameter) => parameterValues("5.0", parameter), anySize: true });
      const { architecture } = await importOnnx(bytes, { runtime, size: [32, 32] });
      const { "peak-memory": own, ...scores } = await scoresOf(architecture);
      const { "peak-memory": other, ...expected } = await scoresOf(fromGraph(graph));
      expect(scores).toEqual(expected);
      // Numbers that say shapes are held too.
      expect(Number(own) / Number(other)).toBeCloseTo(1, 1);
      const [score, reference] = [await scoresOf(architecture, forward), await scoresOf(fromGraph(graph), forward)];
      expect(Number(score["entropic-score"])).toBeCloseTo(Number(reference["entropic-score"]), 4);
    }
  });
});

describe("a published model", () => {
  /** Pixels a side: all of them take such images, and they score alike. */
  const RESOLUTION = 64;

  test.each(models.map((model) => [model.name, model] as const))(
    "has the same costs and scores after it was written and read: %s",
    async (_, model) => {
      const graph = graphOf(model.build({ resolution: RESOLUTION, classes: 10 }));
      const { architecture } = await importOnnx(file(graph), { runtime });
      const metrics = [...cheap, ...metricsOf("entropic-score")];
      expect(graphOf(architecture).file).toBeUndefined();
      expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(graph), metrics));
    },
  );
});
