/**
 * @file A weight on depth, for metrics of sizes: `score * (nonlinearities of the network) ** depth`. Within a budget depth is paid for by
 * width, and which of the two trains better hangs on how long a network is trained (docs/which-metric.md).
 */

import { z } from "zod";
import { type Architecture, architectureCosts } from "../architecture/architecture.js";
import type { Score } from "./metric.js";

/** Options of metrics that weigh depth. */
export const depthOptions = {
  /** Exponent of the number of nonlinearities that the score is multiplied by: below 0, shallow networks are preferred. */
  depth: z.coerce.number().min(-16).max(16).default(0),
};

/** The score times the number of nonlinearities to the power of `depth`; a network without any counts as one that has one. */
export function weighedByDepth(score: Score, architecture: Architecture, depth: number): Score {
  if (depth === 0 || typeof score !== "number") return score;
  return score * Math.max(1, architectureCosts(architecture).activationLayers) ** depth;
}
