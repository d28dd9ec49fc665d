/** @file All metrics, and how they are named with options: `entropic-score(site=post,batch=4)`. */

import { z } from "zod";
import { checkArgument, checkText, isObject } from "../base/argument.js";
import { InputError, unknownName } from "../base/errors.js";
import { Registry } from "../base/registry.js";
import { azExpressivity } from "./az-expressivity.js";
import { azProgressivity } from "./az-progressivity.js";
import { azTrainability } from "./az-trainability.js";
import { activationLayers, activations, macs, parameters, peakMemory } from "./costs.js";
import { deepmadEffectiveness, deepmadEntropy, depthWidthCorrection } from "./deepmad.js";
import { entropicScore } from "./entropic-score.js";
import { entropicScoreAnalytic } from "./entropic-score-analytic.js";
import { expressivityGrowth } from "./expressivity-growth.js";
import { linearRegions } from "./linear-regions.js";
import { logsynflow } from "./logsynflow.js";
import { meco } from "./meco.js";
import { isForward, type Metric, type MetricDefinition } from "./metric.js";
import { naswot } from "./naswot.js";
import { near } from "./near.js";
import { spectralCapacity } from "./spectral-capacity.js";
import { swapScore } from "./swap-score.js";
import { synflow } from "./synflow.js";
import { refuseRepeated, splitAtCommas, termOf } from "./terms.js";
import { wPca } from "./w-pca.js";
import { zenScore } from "./zen-score.js";

/** All metrics; `add` takes those of others. */
export const metricRegistry = new Registry<MetricDefinition>(
  "metric",
  Object.fromEntries(
    [
      entropicScore,
      entropicScoreAnalytic,
      naswot,
      swapScore,
      meco,
      azExpressivity,
      azProgressivity,
      expressivityGrowth,
      azTrainability,
      zenScore,
      linearRegions,
      near,
      wPca,
      logsynflow,
      synflow,
      spectralCapacity,
      deepmadEntropy,
      deepmadEffectiveness,
      depthWidthCorrection,
      parameters,
      macs,
      activations,
      activationLayers,
      peakMemory,
    ].map((definition) => [definition.contract.name, definition]),
  ),
);

/** The names of all metrics. */
export const metricNames = metricRegistry.names;

/**
 * Makes a metric known by its name, to searches, commands and `metricOf`.
 * @throws {@link InputError} where the name is taken or has another form.
 */
export function addMetric(definition: MetricDefinition): void {
  const { contract, options, create } = definition ?? {};
  const holds =
    isObject(contract) && typeof contract.name === "string" && isObject(options) && typeof create === "function";
  checkArgument(
    holds,
    'addMetric: "definition"',
    definition,
    "{ contract, options, create }, as defineMetric takes it",
  );
  metricRegistry.add(contract.name, definition);
}

/**
 * The metric of a name, with options in parentheses: `logsynflow`, `entropic-score(site=post,batch=4)`.
 * @param defaults - Options for where the text does not give them and the metric has them.
 * @throws {@link InputError} where the name, an option or its value is not known.
 * @example
 * ```ts
 * import { metricOf } from "@esnas/core";
 *
 * const metric = metricOf("entropic-score(aggregation=sum,repeats=4)");
 * console.log(metric.id, metric.contract.direction, metric.contract.significantDigits);
 * ```
 */
export function metricOf(text: string, defaults: Readonly<Record<string, string>> = {}): Metric {
  checkText('metricOf: "text"', text, "a metric such as entropic-score(batch=4)");
  const { name, options } = termOf(text);
  if (name === "") throw unknownName("metric", text, metricNames);
  const definition = metricRegistry.get(name);
  const had = Object.entries(defaults).filter(([key]) => key in definition.options.shape);
  return createMetric(definition, { ...Object.fromEntries(had), ...options }, text);
}

/**
 * A metric of a definition, in the registry or not.
 * @param given - Options that differ from the defaults.
 * @param text - What a message shows.
 * @throws {@link InputError} where an option or its value is not known.
 */
export function createMetric(
  definition: MetricDefinition,
  given: Readonly<Record<string, unknown>> = {},
  text = definition.contract.name,
): Metric {
  const { contract, options: schema } = definition;
  const { name } = contract;
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const known = Object.keys(schema.shape);
    const issues = z
      .prettifyError(parsed.error)
      .replaceAll("✖ ", "")
      .replaceAll(/\n\s*→ at /g, " at ")
      .replaceAll("\n", "; ");
    throw new InputError(
      `options of metric "${text}" are not known: ${issues}. ${known.length === 0 ? `${name} takes none` : `Known: ${known.join(", ")}`}.`,
    );
  }
  const options = parsed.data;
  const usual = schema.parse({});
  const differing = Object.entries(options).filter(([key, value]) => value !== usual[key]);
  const id = differing.length === 0 ? name : `${name}(${differing.map(([key, value]) => `${key}=${value}`).join(",")})`;
  const again = (others: Readonly<Record<string, unknown>>) => createMetric(definition, { ...options, ...others });
  return { contract, id, with: again, ...definition.create(options) };
}

/** The same metric, scored with so many random weights; one that runs nothing is itself. */
export function withRepeats(metric: Metric, repeats: number): Metric {
  return isForward(metric) && metric.with !== undefined ? metric.with({ repeats }) : metric;
}

/**
 * Several metrics, separated by commas; `all` stands for each with its defaults.
 * @throws {@link InputError} where a metric or an option is not known, or a metric is named twice.
 */
export function metricsOf(text: string): readonly Metric[] {
  checkText('metricsOf: "text"', text, "metrics such as entropic-score,logsynflow");
  if (text.trim() === "all") return metricNames.map((name) => metricOf(name));
  const metrics = splitAtCommas(text).map((name) => metricOf(name));
  refuseRepeated(metrics, text);
  return metrics;
}
