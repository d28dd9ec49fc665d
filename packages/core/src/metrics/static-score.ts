/** @file Scores that take no run of the network. */

import type { Architecture } from "../architecture/architecture.js";
import { UnscorableError } from "../base/errors.js";
import { rounded, type Score, type StaticMetric } from "./metric.js";

/**
 * The score by a metric that runs nothing, rounded to the digits of its contract.
 * @throws {@link UnscorableError} where the contract excludes the architecture.
 */
export function scoreStatic(architecture: Architecture, metric: StaticMetric): Score {
  return rounded(metric.score(architecture), metric.contract);
}

/** The same score, with the reason in its place where the contract excludes the architecture. */
export function scoreOrReason(architecture: Architecture, metric: StaticMetric): Score {
  try {
    return scoreStatic(architecture, metric);
  } catch (error) {
    return unscorable(error);
  }
}

/** What a metric cannot score, as a score; any other error stays one. */
export function unscorable(error: unknown): Score {
  if (error instanceof UnscorableError) return { value: null, reason: error.message };
  throw error;
}
