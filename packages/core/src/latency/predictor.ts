/** @file Milliseconds of a network, from a profile and its blocks alone: the same on every machine, and nothing is measured. */

import { type Architecture, blockGraph, type PlacedBlock } from "../architecture/architecture.js";
import { UnscorableError } from "../base/errors.js";
import type { LatencyFit, LatencyProfile } from "./profile.js";
import { weighted, workOf } from "./work.js";

/** Predicts milliseconds from what blocks do, by a profile of a machine. */
export interface LatencyPredictor {
  /**
   * Milliseconds that a block adds to its network.
   * @throws {@link UnscorableError} where the profile knows nothing of such blocks.
   */
  ofBlock(block: PlacedBlock): number;
  /**
   * Milliseconds of one run of the network.
   * @throws {@link UnscorableError} where the profile knows nothing of one of its blocks.
   */
  ofArchitecture(architecture: Architecture): number;
}

/** Predicts what the machine of a profile takes; each distinct block is worked out once. */
export function latencyPredictor(
  profile: Pick<LatencyProfile, "channelGroup" | "network" | "kinds" | "blocks">,
): LatencyPredictor {
  const known = new WeakMap<object, number>();
  const ofBlock = (block: PlacedBlock): number => {
    const earlier = known.get(block.derived);
    if (earlier !== undefined) return earlier;
    const fresh = profile.network.factor * timeOfBlock(profile, block);
    known.set(block.derived, fresh);
    return fresh;
  };
  return {
    ofBlock,
    ofArchitecture: ({ blocks }) => blocks.reduce((sum, block) => sum + ofBlock(block), profile.network.fixed),
  };
}

function timeOfBlock({ blocks, kinds, channelGroup }: LatencyFit, block: PlacedBlock): number {
  const measured = blocks[block.key];
  if (measured !== undefined) return measured;
  const { kind } = block.spec;
  const fitted = kinds[kind];
  if (fitted === undefined) {
    throw new UnscorableError(
      `the latency profile has not measured the block "${block.name}" (${kind}); it knows ${Object.keys(kinds).join(", ")}`,
    );
  }
  return weighted(workOf(blockGraph(block), channelGroup), fitted.weights, (name) => {
    throw new UnscorableError(`the latency profile has measured no ${kind} with "${name}", as "${block.name}" has`);
  });
}
