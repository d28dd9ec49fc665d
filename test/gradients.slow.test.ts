/** @file Gradients of every block, as it is and by the statistics of the batch, against central differences, and in ONNX Runtime. */

import type { Graph } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { buildBlock } from "../packages/core/src/blocks/registry.js";
import { GraphBuilder } from "../packages/core/src/graph/builder.js";
import { atBatch, differentiate, largest, withBatchStatistics } from "../packages/core/src/internal.js";
import { blockExamples } from "../packages/core/src/testing/block-examples.js";
import {
  all,
  expectClose,
  expectDifference,
  missing,
  run,
  type Values,
  valuesFor,
  variables,
  weighed,
} from "./reference/differences.js";
import { evaluate } from "./reference/float64.js";

/** Weights of the size that networks have, on inputs of ours. */
function networkValues(graph: Graph, seed: number): Values {
  return new Map(
    [...valuesFor(graph, seed)].map(([name, values]) => {
      const parameter = graph.parameters.get(name);
      const isWeight = parameter !== undefined && parameter.shape.length > 1;
      return [name, isWeight ? values.map((value) => value * 0.3) : values];
    }),
  );
}

describe.each(Object.entries(blockExamples))("block %s", (_, examples) => {
  test.each([false, true])(
    "has the gradients of central differences; by statistics of the batch: %s",
    async (isTraining) => {
      for (const { spec, input } of examples) {
        const b = new GraphBuilder(spec.kind);
        const plain = atBatch(b.build([buildBlock(b, b.input("input", input), spec)]), 2);
        if (isTraining && !plain.nodes.some(({ operator }) => operator === "BatchNormalization")) continue;
        const { graph, statistics } = isTraining ? withBatchStatistics(plain) : { graph: plain, statistics: [] };
        expect(statistics).toHaveLength(
          isTraining ? [...graph.parameters.values()].filter((p) => !p.trainable).length : 0,
        );
        const scalar = weighed(graph);
        const names = variables(scalar).filter((name) => graph.parameters.get(name)?.trainable !== false);
        const values = networkValues(scalar, 7);
        const [of = ""] = scalar.outputs;
        const { graph: whole, gradients } = differentiate(scalar, { of, withRespectTo: names });
        const computed = evaluate(whole, values);
        const exact = new Map(names.map((name) => [name, computed.get(gradients.get(name) ?? "") ?? missing(name)]));
        for (const salt of [0, 1]) {
          const moves = new Map(names.map((name, i) => [name, all(exact.get(name)?.length ?? 0, salt + 2 * i)]));
          expectDifference(scalar, values, moves, exact);
        }
        const ran = await run(whole, values);
        // Terms that cancel are added in float32: what is lost is a share of the terms, which are as large as the largest gradients.
        const most = largest([...exact.values()].map((values) => largest(values.map(Math.abs))));
        for (const name of names) {
          expectClose(
            ran.get(gradients.get(name) ?? ""),
            exact.get(name) ?? missing(name),
            1e-4,
            `${spec.kind} by ${name}`,
            Math.max(1, most),
          );
        }
      }
    },
  );
});
