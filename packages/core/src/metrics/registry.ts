/** @file All metrics, and how they are named with options: `entropic-score(site=post,batch=4)`. */

import { z } from "zod";
import { InputError, unknownName } from "../base/errors.js";
import { azExpressivity } from "./az-expressivity.js";
import { azProgressivity } from "./az-progressivity.js";
import { azTrainability } from "./az-trainability.js";
import { activationLayers, activations, macs, parameters, peakMemory } from "./costs.js";
import { entropicScore } from "./entropic-score.js";
import { entropicScoreAnalytic } from "./entropic-score-analytic.js";
import { expressivityGrowth } from "./expressivity-growth.js";
import { linearRegions } from "./linear-regions.js";
import { logsynflow } from "./logsynflow.js";
import { meco } from "./meco.js";
import { isForward, type Metric, type MetricDefinition } from "./metric.js";
import { naswot } from "./naswot.js";
import { swapScore } from "./swap-score.js";
import { synflow } from "./synflow.js";
import { zenScore } from "./zen-score.js";

export const metricDefinitions: readonly MetricDefinition[] = [
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
  logsynflow,
  synflow,
  parameters,
  macs,
  activations,
  activationLayers,
  peakMemory,
];

const byName = new Map(metricDefinitions.map((definition) => [definition.contract.name, definition]));

/** The names of all metrics. */
export const metricNames: readonly string[] = [...byName.keys()];

/**
 * The metric of a name, with options in parentheses: `logsynflow`, `entropic-score(site=post,batch=4)`.
 * @param defaults Options for where the text does not give them and the metric has them.
 * @throws {InputError} where the name, an option or its value is not known.
 */
export function metricOf(text: string, defaults: Readonly<Record<string, string>> = {}): Metric {
  const [, name = "", inner] = /^\s*([^()\s]*)\s*(?:\((.*)\))?\s*$/.exec(text) ?? [];
  const definition = byName.get(name);
  if (definition === undefined) throw unknownName("metric", name === "" ? text : name, metricNames);
  const had = Object.entries(defaults).filter(([key]) => key in definition.options.shape);
  const given = { ...Object.fromEntries(had), ...optionsOf(inner ?? "", text) };
  const parsed = definition.options.safeParse(given);
  if (!parsed.success) {
    const known = Object.keys(definition.options.shape);
    const issues = z
      .prettifyError(parsed.error)
      .replaceAll("✖ ", "")
      .replaceAll(/\n\s*→ at /g, " at ")
      .replaceAll("\n", "; ");
    throw new InputError(
      `options of metric "${text}" are not known: ${issues}. ${known.length === 0 ? `${name} takes none` : `Known: ${known.join(", ")}`}.`,
    );
  }
  const differing = Object.entries(parsed.data).filter(([key, value]) => value !== definition.options.parse({})[key]);
  const id = differing.length === 0 ? name : `${name}(${differing.map(([key, value]) => `${key}=${value}`).join(",")})`;
  return { contract: definition.contract, id, ...definition.create(parsed.data) };
}

/** The same metric, scored with so many random weights; one that runs nothing is itself. */
export function withRepeats(metric: Metric, repeats: number): Metric {
  if (!isForward(metric)) return metric;
  const { name } = metric.contract;
  const given = optionsOf(metric.id.slice(name.length + 1, -1), metric.id);
  const options = Object.entries({ ...given, repeats }).map(([key, value]) => `${key}=${value}`);
  return metricOf(`${name}(${options.join(",")})`);
}

/** Several metrics, separated by commas; `all` stands for each with its defaults. */
export function metricsOf(text: string): readonly Metric[] {
  if (text.trim() === "all") return metricNames.map((name) => metricOf(name));
  const names = text.split(/,(?![^()]*\))/).map((name) => name.trim());
  const metrics = names.map((name) => metricOf(name));
  const repeated = metrics.find(({ id }, i) => metrics.findIndex((other) => other.id === id) !== i);
  if (repeated !== undefined) throw new InputError(`metric "${repeated.id}" is named twice`);
  return metrics;
}

function optionsOf(inner: string, text: string): Record<string, string> {
  if (inner.trim() === "") return {};
  return Object.fromEntries(
    inner.split(",").map((pair) => {
      const [key = "", value, ...rest] = pair.split("=").map((part) => part.trim());
      if (value === undefined || rest.length > 0) {
        throw new InputError(
          `options of metric "${text}" are not of the form name(option=value,...): "${pair.trim()}"`,
        );
      }
      return [key, value];
    }),
  );
}
