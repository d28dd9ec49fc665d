/** @file `score`: a network's scores by any metrics, in one call. */

import { z } from "zod";
import { isForward, type Metric, type Scores } from "../metrics/metric.js";
import { metricsOf } from "../metrics/registry.js";
import { Scorer } from "../scoring/scorer.js";
import { checked, runtimeFor, seedSchema } from "./arguments.js";
import { type NetworkLike, type NetworkOptions, networkOf, networkOptionsSchema } from "./network.js";

/** By what a network is scored. */
export interface ScoreOptions extends NetworkOptions {
  /** `entropic-score,logsynflow` where it is absent; options in parentheses, `all` for each metric with its defaults. */
  readonly metrics?: string;
  /** Of random weights and noise; 0 where it is absent. */
  readonly seed?: number;
}

const scoreSchema = networkOptionsSchema.extend({ metrics: z.string().optional(), seed: seedSchema.optional() });

/** Metrics that a search uses by default. */
const USUAL_METRICS = "entropic-score,logsynflow";

const noRuntime = {
  name: "none",
  createSession: () => Promise.reject(new Error("a metric that runs nothing has asked for a session")),
};

/**
 * Scores a network that nobody has trained.
 * @param network - A model's name, the JSON value of a genotype, an architecture, or the bytes of an ONNX file.
 * @returns By the id of each metric, in their order: a number, rounded to the digits that are the same on any machine, or the reason why
 * there is none.
 * @throws {@link InputError} where the network, a metric or an option is not known, or a metric runs networks and no runtime was given.
 * @example
 * ```ts
 * import { onnxRuntime, score } from "@esnas/core";
 * import * as ort from "onnxruntime-node";
 *
 * const scores = await score("mobilenetv2_100", {
 *   metrics: "entropic-score,logsynflow,parameters",
 *   runtime: onnxRuntime(ort),
 * });
 * console.log(scores["entropic-score"], scores["logsynflow"]);
 * ```
 */
export async function score(network: NetworkLike, options: ScoreOptions = {}): Promise<Scores> {
  const { metrics = USUAL_METRICS, seed = 0, ...others } = checked("score", scoreSchema, options) as ScoreOptions;
  const asked = metricsOf(metrics);
  const { architecture } = await networkOf("score", network, others);
  const running = asked.find(isForward) as Metric | undefined;
  const runtime = running === undefined ? noRuntime : runtimeFor("score", running.id, others.runtime);
  const scorer = new Scorer(runtime, { seed });
  try {
    return await scorer.scores(architecture, asked);
  } finally {
    await scorer.release();
  }
}
