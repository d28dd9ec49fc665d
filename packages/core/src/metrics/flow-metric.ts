/** @file What Synflow and LogSynflow share: the flow of ones through the linearised network. */

import { z } from "zod";
import { type Architecture, flowOfBlock } from "../architecture/architecture.js";
import { type FlowProgram, flowThrough } from "../graph/flow.js";
import type { NormalisationFlow, Tally } from "../graph/flow-rule.js";
import type { MetricContract } from "./metric.js";

/** Options of every flow metric. */
export const flowOptions = z.strictObject({
  /** Normalisation layers as the identity, as in the papers' code, or as division by the mean field. */
  normalisation: z.enum(["identity", "divide"]).default("identity"),
});

export const flowContract = {
  role: "size",
  direction: "maximize",
  needs: "flow",
  counts: "weights of convolutions and linear layers; no biases, no normalisations' parameters, no layer scales",
  normalisation: "the identity; with normalisation=divide, division by the mean field over the axes that it normalises",
  softmax: "uniform attention: every token, or channel in XCA, an equal share; query and key receive no gradient",
  significantDigits: 10,
} as const satisfies Partial<MetricContract>;

/**
 * Sends ones through the linearised architecture and tallies the gradients of the weights of the outputs' sum.
 * @param onBlock - Told of the index of the block whose weights are tallied from now on; the last comes first.
 * @throws {@link UnscorableError} where an operator has no flow rule.
 */
export function tallyFlow(
  architecture: Architecture,
  tally: Tally,
  normalisation: NormalisationFlow,
  onBlock?: (index: number) => void,
): void {
  const programs: FlowProgram[] = [];
  /** The block that each program is of. */
  const owners: number[] = [];
  for (let i = 0; i < architecture.blocks.length; i++) {
    const block = architecture.blocks[i];
    if (block === undefined) continue;
    for (const program of flowOfBlock(block, normalisation)) {
      programs.push(program);
      owners.push(i);
    }
  }
  flowThrough(programs, architecture.input.length, tally, onBlock && ((index) => onBlock(owners[index] ?? 0)));
}
