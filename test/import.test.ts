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
} from "@esnas/core";
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

  test("of 100 has the same costs and scores after it was written and read", async () => {
    const random = seededRandom(1);
    for (let i = 0; i < 100; i++) {
      const graph = graphOf(space.build(sampleWithin(space, { parameters: { max: 1e6 } }, random)));
      const { architecture } = await importOnnx(file(graph), { runtime });
      // Runs take longest: all of them by one metric, a few by more.
      const metrics = i % 25 === 0 ? [...cheap, ...forward] : [...cheap, ...forward.slice(0, 1)];
      expect(architectureCosts(architecture)).toEqual(architectureCosts(fromGraph(graph)));
      expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(graph), metrics));
    }
  });

  test("has them with the weights of its file too", async () => {
    const random = seededRandom(2);
    for (let i = 0; i < 3; i++) {
      const graph = graphOf(space.build(sampleWithin(space, { parameters: { max: 1e6 } }, random)));
      const { architecture } = await importOnnx(file(graph), { runtime, weights: "file" });
      const metrics = [...cheap, ...forward];
      expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(withWeights(graph)), metrics));
      // The file has the weights that this seed draws.
      expect(await scoresOf(architecture, forward.slice(0, 2))).toEqual(
        await scoresOf(fromGraph(graph), forward.slice(0, 2)),
      );
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
      expect(architecture.blocks[0]?.derived.graph?.file).toBeUndefined();
      expect(await scoresOf(architecture, metrics)).toEqual(await scoresOf(fromGraph(graph), metrics));
    },
  );
});
