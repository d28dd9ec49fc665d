/**
 * @file How do the metrics order networks that people use, against parameters alone? Published models of seven families with the
 * accuracies of their own weights: `results/models.csv`, a row a model; `results/models-spearman.csv`, a row a metric; and
 * `docs/models.svg`.
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  architectureCosts,
  furtherModels,
  isValue,
  type Model,
  metricsOf,
  models,
  rankingOf,
  type Scores,
  seededRandom,
  statisticsOf,
} from "@esnas/core/internal";
import { mean, quantileSorted } from "simple-statistics";
import { nodeScorer } from "../common/node-scorer.js";
import { printTable, type Row, writeResults } from "../common/results.js";
import { type Chart, chartOfModels } from "./chart.js";

const SEEDS = [0, 1, 2];
const RESAMPLES = 2000;
/** Weights that were trained with a larger model as their teacher. */
const TAUGHT = /\.usi_/;
/** Models of parameters within this factor are rivals. */
const ALIKE = 1.5;

const ids = [
  "parameters",
  "macs",
  "activations",
  "activation-layers",
  "entropic-score",
  "entropic-score(resolution=256)",
  "entropic-score(aggregation=sum)",
  "entropic-score(of=l2)",
  "naswot",
  "swap-score(resolution=64)",
  "linear-regions(resolution=64)",
  "meco",
  "az-expressivity",
  "zen-score",
  "logsynflow",
  "logsynflow(normalisation=divide)",
  "synflow",
] as const;

/** What `docs/models.svg` shows: size against accuracy first. */
const charted = [
  { id: "parameters", label: "parameters", isLogarithmic: true },
  { id: "macs", label: "multiply-accumulates", isLogarithmic: true },
  { id: "activations", label: "activations", isLogarithmic: true },
  { id: "entropic-score", label: "Entropic Score", isLogarithmic: false },
  { id: "logsynflow", label: "LogSynflow", isLogarithmic: true },
  { id: "naswot", label: "NASWOT", isLogarithmic: false },
] as const;

const CHART = fileURLToPath(new URL("../../../../docs/models.svg", import.meta.url));

/** A model whose accuracy is known, and its mean score by each metric; absent where it has none. */
interface Scored {
  readonly model: Model;
  readonly family: string;
  readonly parameters: number;
  readonly top1: number;
  readonly scores: Readonly<Record<string, number | undefined>>;
}

async function scored(): Promise<Scored[]> {
  const metrics = metricsOf(ids.join());
  const scorer = nodeScorer({ seed: 0 });
  const all: Scored[] = [];
  for (const model of [...models, ...furtherModels]) {
    const top1 = model.published?.top1;
    if (top1 === undefined) continue;
    const architecture = model.build();
    const bySeed: Scores[] = [];
    for (const seed of SEEDS) bySeed.push(await scorer.scores(architecture, metrics, seed));
    const meanOf = (id: string) => {
      const values = bySeed.flatMap(({ [id]: score }) => (score !== undefined && isValue(score) ? [score] : []));
      return values.length < SEEDS.length ? undefined : mean(values);
    };
    const { parameters } = architectureCosts(architecture);
    const family = model.name.replace(/_.*|\d+$/, "");
    all.push({ model, family, parameters, top1, scores: Object.fromEntries(ids.map((id) => [id, meanOf(id)])) });
    process.stderr.write(`${model.name}\n`);
  }
  await scorer.release();
  return all;
}

type Statistic = (counts: Uint32Array) => number | undefined;

/** Spearman's rho with top-1. */
function rhoOf(all: readonly Scored[], id: string): Statistic {
  const ranking = rankingOf(
    all.map(({ scores }) => scores[id]),
    all.map(({ top1 }) => top1),
  );
  return (counts) => statisticsOf(ranking, counts).spearman;
}

/** Spearman's rho with top-1 that is left where the ranks of parameters are given. */
function partialRhoOf(all: readonly Scored[], id: string): Statistic {
  const bySize = rankingOf(
    all.map(({ scores }) => scores[id]),
    all.map(({ parameters }) => parameters),
  );
  const withTop1 = rhoOf(all, id);
  const size = rhoOf(all, "parameters");
  return (counts) => {
    const [a, b, c] = [withTop1(counts), size(counts), statisticsOf(bySize, counts).spearman];
    if (a === undefined || b === undefined || c === undefined) return undefined;
    const rest = Math.sqrt((1 - b * b) * (1 - c * c));
    return rest < 1e-9 ? undefined : (a - b * c) / rest;
  };
}

/** How much more Spearman's rho with top-1 is than that of parameters. */
function gainOf(all: readonly Scored[], id: string): Statistic {
  const [own, size] = [rhoOf(all, id), rhoOf(all, "parameters")];
  return (counts) => {
    const [a, b] = [own(counts), size(counts)];
    return a === undefined || b === undefined ? undefined : a - b;
  };
}

/** Of two models of one family. */
const areRelated = (a: Scored, b: Scored) => a.family === b.family;

/** Of two models of different families and nearly equal parameters. */
const areRivals = (a: Scored, b: Scored) =>
  a.family !== b.family && Math.max(a.parameters / b.parameters, b.parameters / a.parameters) <= ALIKE;

/** Of some pairs of models, the share whose better one scores higher; half where both score the same. */
function shareInOrder(all: readonly Scored[], id: string, are: (a: Scored, b: Scored) => boolean): Statistic {
  const pairs = all.flatMap((a, i) =>
    all.slice(0, i).flatMap((b, j) => {
      if (!are(a, b)) return [];
      const difference = (a.scores[id] ?? Number.NEGATIVE_INFINITY) - (b.scores[id] ?? Number.NEGATIVE_INFINITY);
      const right = Number.isNaN(difference) || difference === 0 ? 0.5 : Number(difference > 0 === a.top1 > b.top1);
      return [{ i, j, right }];
    }),
  );
  return (counts) => {
    let [weight, right] = [0, 0];
    for (const pair of pairs) {
      const times = (counts[pair.i] ?? 0) * (counts[pair.j] ?? 0);
      weight += times;
      right += times * pair.right;
    }
    return weight === 0 ? undefined : right / weight;
  };
}

/** A statistic with its bootstrap interval of 95 %, over models; resamples that do not have it are left out. */
function withInterval(name: string, size: number, statistic: Statistic): Row {
  const random = seededRandom(0);
  const values: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const counts = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      const drawn = random.below(size);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    const value = statistic(counts);
    if (value !== undefined) values.push(value);
  }
  values.sort((a, b) => a - b);
  const own = statistic(new Uint32Array(size).fill(1));
  if (own === undefined) return { [name]: "", [`${name}, low`]: "", [`${name}, high`]: "" };
  return {
    [name]: own,
    [`${name}, low`]: quantileSorted(values, 0.025),
    [`${name}, high`]: quantileSorted(values, 0.975),
  };
}

export async function publishedModels(): Promise<void> {
  const all = await scored();
  const rivals = all.filter(({ model }) => models.includes(model));
  const untaught = all.filter(({ model }) => !TAUGHT.test(model.published?.name ?? ""));
  const once = (of: readonly Scored[]) => new Uint32Array(of.length).fill(1);
  const rows = ids.map(
    (metric): Row => ({
      metric,
      "without a number": all.filter(({ scores }) => scores[metric] === undefined).length,
      [`spearman of ${rivals.length}`]: rhoOf(rivals, metric)(once(rivals)) ?? "",
      [`spearman of ${untaught.length} without a teacher`]: rhoOf(untaught, metric)(once(untaught)) ?? "",
      ...withInterval(`spearman of ${all.length}`, all.length, rhoOf(all, metric)),
      ...withInterval("given parameters", all.length, partialRhoOf(all, metric)),
      ...withInterval("more than parameters", all.length, gainOf(all, metric)),
      ...withInterval("rivals in order", all.length, shareInOrder(all, metric, areRivals)),
      "one family in order": shareInOrder(all, metric, areRelated)(once(all)) ?? "",
    }),
  );
  const pairs = (are: (a: Scored, b: Scored) => boolean) =>
    all.reduce((sum, a, i) => sum + all.slice(0, i).filter((b) => are(a, b)).length, 0);
  process.stdout.write(`${pairs(areRivals)} pairs of rivals, ${pairs(areRelated)} within a family\n`);
  printTable(rows);
  writeResults(
    "models",
    all.map(({ model: { name, resolution, published }, scores, top1 }): Row => {
      const cells = Object.entries(scores).map(([id, score]) => [id, score ?? ""]);
      return { model: name, weights: published?.name ?? "", input: resolution, top1, ...Object.fromEntries(cells) };
    }),
  );
  writeResults("models-spearman", rows);
  const charts = charted.map(({ id, label, isLogarithmic }): Chart => {
    const rho = rhoOf(all, id)(once(all)) ?? Number.NaN;
    return {
      label,
      isLogarithmic,
      title: `${label}: Spearman ${rho.toFixed(2)}`,
      points: all.flatMap(({ model: { title }, family, top1, scores }) => {
        const x = scores[id];
        return x === undefined ? [] : [{ x, top1, family, title }];
      }),
    };
  });
  writeFileSync(CHART, await chartOfModels(charts));
}
