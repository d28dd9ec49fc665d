/** @file What every metric has to hold, whatever it measures. */

import { type Architecture, chain, fromGraph, graphOf } from "../architecture/architecture.js";
import { InputError, UnscorableError } from "../base/errors.js";
import { Registry } from "../base/registry.js";
import type { BlockSpec } from "../blocks/registry.js";
import { GraphBuilder } from "../graph/builder.js";
import { better, isForward, isValue, type Metric, type MetricDefinition, type Score } from "../metrics/metric.js";
import { createMetric } from "../metrics/registry.js";
import type { Runtime } from "../runtime/session.js";
import { Scorer } from "../scoring/scorer.js";
import { assert, assertThrows, type Check } from "./check.js";
import { renamed } from "./renamed.js";

/** A network with every kind of block, for images of 32 pixels. */
function network(width: number, depth: number): Architecture {
  const ibn = { kind: "ibn", kernel: 5, expansion: 2 } as const;
  const convnext = { kind: "convnext", kernel: 7, expansion: 2 } as const;
  const bodies: BlockSpec[] = [
    ibn,
    { kind: "transformer", qkvDim: 8, heads: 2, ffn: convnext },
    convnext,
    { kind: "transformer", qkvDim: 16, heads: 4, ffn: ibn },
  ];
  return chain(
    `network-${width}-${depth}`,
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "downsample", stride: 2, width } },
      ...Array.from({ length: depth }, () => bodies)
        .flat()
        .map((spec, i) => ({ name: `stages.0.blocks.${i}`, spec })),
      { name: "stages.1.downsample", spec: { kind: "downsample", stride: 2, width: 2 * width } },
      { name: "stages.1.blocks.0", spec: ibn },
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

/** A network without a nonlinearity. */
function linearNetwork(): Architecture {
  return chain(
    "linear",
    [1, 3, 32, 32],
    [
      { name: "stem", spec: { kind: "downsample", stride: 4, width: 8 } },
      { name: "head", spec: { kind: "head", classes: 10 } },
    ],
  );
}

/** A network with an operator that no flow passes. */
function withoutFlow(): Architecture {
  const b = new GraphBuilder("without-flow");
  const x = b.input("input", [1, 4, 8, 8]);
  return fromGraph(b.build([b.node("Relu", "act", [b.node("Abs", "magnitude", [x])])]));
}

/** A runtime that must not be used. */
const forbidden: Runtime = {
  name: "forbidden",
  createSession: () => Promise.reject(new Error("the metric's contract says that it runs nothing")),
};

const FIELDS = ["summary", "counts", "normalisation", "softmax", "nonFinite", "source"] as const;

function isReasoned(score: Score): boolean {
  return isValue(score) ? Number.isFinite(score) : score.value === null && score.reason.length > 0;
}

function onOnePixel(metric: Metric): Metric {
  return isForward(metric) ? { ...metric, input: { ...metric.input, resolution: 1 } } : metric;
}

/**
 * The checks of one metric, in the registry or not.
 * @param runtime - Runs the networks of forward metrics.
 */
export function metricConformance(definition: MetricDefinition, runtime: Runtime): Check[] {
  const { contract } = definition;
  const { name } = contract;
  const metric = createMetric(definition);
  const needed = contract.needs === "forward" ? runtime : forbidden;

  const scoreBy = async (architecture: Architecture, by: Metric = metric, seed = 1): Promise<Score> => {
    const scorer = new Scorer(needed, { seed });
    try {
      return await scorer.score(architecture, by);
    } finally {
      await scorer.release();
    }
  };

  const prefersSize: Check = {
    name: `${name} prefers the network that its direction says: ${contract.direction}`,
    async run() {
      const [small, large] = [await scoreBy(network(8, 1)), await scoreBy(network(16, 2))];
      const prefersLarge = better(contract.direction)(large, small) < 0;
      assert(
        prefersLarge === (contract.direction === "maximize"),
        `gave ${JSON.stringify(small)} for a network, ${JSON.stringify(large)} for one of twice its width and depth`,
      );
    },
  };

  return [
    {
      name: `${name} says in its contract all that copies of a metric differ in`,
      run() {
        new Registry("metric", {}).add(name, definition);
        for (const field of FIELDS) assert(contract[field].trim().length > 0, `${field} is empty`);
        assert(contract.significantDigits >= 1, "significantDigits is less than 1");
      },
    },
    {
      name: `${name} gives the same score for the same seed`,
      async run() {
        const [a, b] = [await scoreBy(network(8, 1)), await scoreBy(network(8, 1))];
        assert(JSON.stringify(a) === JSON.stringify(b), `gave ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
      },
    },
    {
      name: `${name} gives a finite number, or a reason`,
      async run() {
        for (const architecture of [network(8, 1), network(16, 2), linearNetwork()]) {
          const score = await scoreBy(architecture);
          assert(isReasoned(score), `gave ${JSON.stringify(score)} for ${architecture.name}`);
        }
        assert(isValue(await scoreBy(network(8, 1))), "gave no number for an ordinary network");
      },
    },
    contract.blockwise
      ? {
          name: `${name} has a reason for a network that is no chain of blocks`,
          async run() {
            const score = await scoreBy(fromGraph(graphOf(network(8, 1))));
            assert(!isValue(score), `scored a network of one block: ${JSON.stringify(score)}`);
          },
        }
      : {
          name: `${name} does not depend on the names of nodes and tensors, nor on where blocks end`,
          async run() {
            const graph = graphOf(network(8, 1));
            const scores = [
              await scoreBy(network(8, 1)),
              await scoreBy(fromGraph(graph)),
              await scoreBy(fromGraph(renamed(graph))),
            ];
            const [inBlocks, whole, other] = scores.map(Number);
            assert(whole === other, `gave ${whole}, and ${other} under other names`);
            // Peak memory and flow see the same whole; runtimes sum in another order by a digit or so.
            assert(
              Math.abs(Number(inBlocks) / Number(whole) - 1) < 2e-5,
              `gave ${inBlocks} in blocks and ${whole} as a whole`,
            );
          },
        },
    {
      name: `${name} needs what its contract says: ${contract.needs}`,
      async run() {
        assert(
          isForward(metric) === (contract.needs === "forward"),
          "it observes forward runs if and only if it needs them",
        );
        assert(isValue(await scoreBy(network(8, 1))), "it does not score with what it says that it needs");
      },
    },
    ...(contract.sizeless ? [] : [prefersSize]),
    {
      name: `${name} rejects what it cannot score with a clear error or reason`,
      async run() {
        if (contract.needs === "flow") {
          const error = await assertThrows(UnscorableError, () => scoreBy(withoutFlow()), "an operator without flow");
          assert(error.message.includes("Abs"), `does not name the operator: ${error.message}`);
        }
        if (contract.needs === "forward") {
          if (contract.nonFinite.includes("no nonlinearity")) {
            const score = await scoreBy(linearNetwork());
            assert(!isValue(score), `scored a network without a nonlinearity: ${JSON.stringify(score)}`);
          }
          await assertThrows(
            UnscorableError,
            () => scoreBy(network(8, 1), onOnePixel(metric)),
            "images smaller than the network's stride",
          );
        }
        await assertThrows(
          InputError,
          () => createMetric(definition, { nonsense: 1 }),
          "an option that it does not have",
        );
      },
    },
  ];
}
