import {
  fromGraph,
  graphOf,
  hybridDefaults,
  hybridOptions,
  hybridSpace,
  type Metric,
  metricOf,
  metricsOf,
  mutate,
  onnxRuntime,
  Scorer,
  sample,
  seededRandom,
} from "@esnas/core/internal";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";

const scorer = new Scorer(onnxRuntime(ort), { seed: 0 });
afterAll(() => scorer.release());

/** Scores as they are, down to the last bit. */
function unrounded(id: string): Metric {
  const metric = metricOf(id);
  return { ...metric, contract: { ...metric.contract, significantDigits: 17 } };
}

describe("a chain of block sessions", () => {
  test.each(["entropic-score(batch=2)", "entropic-score(site=post,aggregation=sum)", "naswot(batch=4)"])(
    "scores random genotypes by %s as one session of the whole graph does, bit by bit",
    async (id) => {
      const metric = unrounded(id);
      const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (seed) => {
          const architecture = space.build(sample(space, seededRandom(seed)));
          expect(await scorer.score(architecture, metric)).toBe(
            await scorer.score(fromGraph(graphOf(architecture)), metric),
          );
        }),
        { seed: 1, numRuns: 15 },
      );
    },
  );

  test("gives the same score after its sessions were dropped and made again", async () => {
    const space = hybridSpace();
    const metric = metricOf("entropic-score");
    const few = new Scorer(onnxRuntime(ort), { seed: 0, sessions: 2 });
    for (const seed of [1, 2, 1]) {
      const architecture = space.build(sample(space, seededRandom(seed)));
      expect(await few.score(architecture, metric)).toBe(await scorer.score(architecture, metric));
    }
    await few.release();
  });

  test("scores from where a chain parts with earlier ones as from its first block, whatever has left the memo", async () => {
    const [convolutional, , attentive] = hybridDefaults.stages;
    const stages = [
      { ...convolutional, depth: [2], width: [16], expansion: [2], kernel: [3] },
      { ...attentive, depth: [3], width: [32], expansion: [2], kernel: [5], qkvDim: [16] },
    ];
    const space = hybridSpace({ input: [3, 32, 32], classes: 10, stages: hybridOptions.shape.stages.parse(stages) });
    const groups = [
      ["entropic-score", "naswot(batch=2,repeats=2)", "entropic-score(batch=2,repeats=2)"],
      ["zen-score", "az-trainability(batch=2)", "entropic-score(site=post)"],
    ].map((ids) => ids.map(unrounded));
    const [fresh, forgetful, remembering] = [0, 2 ** 17, 2 ** 26].map(
      (prefixBytes) => new Scorer(onnxRuntime(ort), { seed: 0, prefixBytes }),
    );
    const genotypes = [sample(space, seededRandom(5))];
    const property = fc.asyncProperty(
      fc.nat(),
      fc.nat(1),
      fc.nat(1),
      fc.boolean(),
      async (from, group, seed, again) => {
        const parent = genotypes[from % genotypes.length] ?? [];
        const genotype = again ? parent : mutate(space, parent, seededRandom(from), "topology");
        genotypes.push(genotype);
        const scores = (by: Scorer | undefined) => by?.scores(space.build(genotype), groups[group] ?? [], seed);
        const expected = await scores(fresh);
        expect(await scores(forgetful)).toEqual(expected);
        expect(await scores(remembering)).toEqual(expected);
      },
    );
    await fc.assert(property, { seed: 2, numRuns: 40 });
    await Promise.all([fresh, forgetful, remembering].map((by) => by?.release()));
  });

  test("is run once for metrics of one input, whether they name what is usual or not, and again for another noise", async () => {
    const counted = { runs: 0 };
    const runtime = onnxRuntime(ort);
    const counting = new Scorer(
      {
        ...runtime,
        async createSession(...args) {
          const session = await runtime.createSession(...args);
          return {
            ...session,
            run(inputs) {
              counted.runs++;
              return session.run(inputs);
            },
          };
        },
      },
      { seed: 0 },
    );
    const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
    const architecture = space.build(sample(space, seededRandom(0)));
    const runsOf = async (metrics: string) => {
      const before = counted.runs;
      await counting.scores(architecture, metricsOf(metrics));
      return counted.runs - before;
    };
    const once = architecture.blocks.length;
    expect(await runsOf("entropic-score,meco,expressivity-growth")).toBe(once);
    expect(await runsOf("entropic-score,meco(noise=pink)")).toBe(2 * once);
    await counting.release();
  });

  test("scores metrics that share their runs as each alone, and what excludes one is no reason for the others", async () => {
    const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
    const architecture = space.build(sample(space, seededRandom(4)));
    const metrics = metricsOf("entropic-score,macs,entropic-score(site=post,of=l2),naswot(batch=4),naswot(batch=1)");
    const together = await scorer.scores(architecture, metrics);
    expect(Object.keys(together)).toEqual(metrics.map(({ id }) => id));
    for (const metric of metrics) expect(together[metric.id]).toEqual(await scorer.score(architecture, metric));

    const small = await scorer.scores(
      architecture,
      metricsOf("entropic-score(resolution=1),naswot(resolution=1),macs"),
    );
    expect(Object.values(small).map((score) => typeof score)).toEqual(["object", "object", "number"]);
  });
});
