/** @file The result of `esnas bench correlate` as text, and the words for its statistics that all reports use. */

import { BINS, grouped, NDCG_PLACES, NEAR, type StatisticName } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import type { CorrelateSummary, ObjectiveSummary, StatisticSummary } from "./correlate-summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 120;

const BIN = `${BINS} bins of equal counts`;

/** What statistics are called in tables, and what they are. */
export const statisticWords: Readonly<Record<StatisticName, Words>> = {
  spearman: { heading: "Spearman", digits: 3, meaning: "Spearman's rank correlation with the accuracy" },
  kendallTauB: { heading: "Kendall", digits: 3, meaning: "Kendall's tau-b" },
  weightedTau: {
    heading: "weighted",
    digits: 3,
    meaning: "Vigna's weighted tau: additive, hyperbolic, the mean over ranks by score and by accuracy",
  },
  ndcg: {
    heading: "nDCG",
    digits: 3,
    meaning: `over the best ${grouped(NDCG_PLACES)} by score: gain 2^accuracy - 1, accuracy in %; discount 1 / log2(1 + place)`,
  },
  spearmanOfBestTenth: {
    heading: "best tenth",
    digits: 3,
    meaning: "Spearman's rank correlation among the tenth with the best accuracies",
  },
  top1: { heading: "top 1", digits: 2, meaning: "accuracy of what scores best, in %" },
  top5: { heading: "top 5", digits: 2, meaning: "mean accuracy of the 5 that score best, in %" },
  top10: { heading: "top 10", digits: 2, meaning: "mean accuracy of the 10 that score best, in %" },
  top100: { heading: "top 100", digits: 2, meaning: "mean accuracy of the 100 that score best, in %" },
  bestOfTop5: { heading: "best of 5", digits: 2, meaning: "best accuracy among the 5 that score best, in %" },
  bestOfTop10: { heading: "best of 10", digits: 2, meaning: "best accuracy among the 10 that score best, in %" },
  bestOfTop100: { heading: "best of 100", digits: 2, meaning: "best accuracy among the 100 that score best, in %" },
  partialSpearman: {
    heading: "partial",
    digits: 3,
    meaning: "Spearman's rank correlation once ln parameters and ln MACs are taken out of both ranks",
  },
  tauNearBudget: {
    heading: "tau near",
    digits: 3,
    meaning: `Kendall's tau-b over pairs of networks whose parameters and MACs both differ by at most ${Math.round(100 * (NEAR - 1))} %`,
  },
  spearmanInParameterBins: {
    heading: "in params",
    digits: 3,
    meaning: `Spearman's rank correlation within ${BIN} by parameters, the mean`,
  },
  spearmanInMacBins: {
    heading: "in MACs",
    digits: 3,
    meaning: `Spearman's rank correlation within ${BIN} by MACs, the mean`,
  },
  pick: {
    heading: "pick",
    digits: 2,
    meaning: `accuracy of what scores best in each of ${BIN} by MACs, the mean in %`,
  },
  pickOverMean: { heading: "over mean", digits: 2, meaning: "how far these picks are above the mean of their bin" },
  pickOverLargest: {
    heading: "over largest",
    digits: 2,
    meaning: "how far these picks are above the network with most parameters of their bin",
  },
  regret: { heading: "regret", digits: 2, meaning: "how far these picks are below the best of their bin" },
};

export interface Words {
  readonly heading: string;
  readonly meaning: string;
  /** Behind the point. */
  readonly digits: number;
}

/** In the text, where some objective has them; the other statistics are in the files. */
const SHOWN = ["kendallTauB", "weightedTau", "ndcg", "spearmanOfBestTenth", "top1", "top10", "top100"] as const;

const SHOWN_AT_BUDGET = [
  "partialSpearman",
  "tauNearBudget",
  "spearmanInMacBins",
  "pickOverMean",
  "pickOverLargest",
  "regret",
] as const satisfies readonly StatisticName[];

export function shown(value: number | null, name: StatisticName): string {
  return value === null ? "none" : value.toFixed(statisticWords[name].digits);
}

/** `0.812 to 0.830` */
export function interval({ low, high }: StatisticSummary, name: StatisticName): string {
  return low === null || high === null ? "" : `${shown(low, name)} to ${shown(high, name)}`;
}

/** First what holds at a fixed budget, then what holds of all networks, which mostly tells large ones from small ones. */
export function correlateText(summary: CorrelateSummary): string {
  const { objectives } = summary;
  const width = Math.min(terminalWidth(), WIDEST);
  const isShown = (name: StatisticName) => objectives.some(({ statistics }) => statistics[name].value !== null);
  const [first, ...others] = SHOWN_AT_BUDGET.filter(isShown);
  return [
    ...(first === undefined ? [] : ["at a fixed budget", statisticsTable(objectives, first, others, width), ""]),
    ...(first === undefined ? [] : ["over all networks"]),
    statisticsTable(objectives, "spearman", SHOWN.filter(isShown), width),
    "",
    ...notesOf(summary).map((note) => wrap(note, width)),
  ].join("\n");
}

/** A row a metric: one statistic with its interval, and others. */
function statisticsTable(
  objectives: readonly ObjectiveSummary[],
  first: StatisticName,
  others: readonly StatisticName[],
  width: number,
): string {
  const isSpread = objectives.some(({ statistics }) => statistics[first].spread !== null);
  const headings = others.map((name) => statisticWords[name].heading);
  const columns = ["metric", statisticWords[first].heading, "95 %", ...(isSpread ? ["seeds ±"] : []), ...headings];
  const cells = ({ id, statistics }: ObjectiveSummary) => [
    id,
    shown(statistics[first].value, first),
    interval(statistics[first], first),
    ...(isSpread ? [statistics[first].spread?.toFixed(3) ?? ""] : []),
    ...others.map((name) => shown(statistics[name].value, name)),
  ];
  return textTable(columns, objectives.map(cells), width);
}

function notesOf({ table, sample, dataset, optimum, bootstrap, seeds, objectives }: CorrelateSummary): string[] {
  const absent = objectives.flatMap(({ id, runs: [run] }) =>
    run === undefined || run.withoutScore === 0 ? [] : [`${grouped(run.withoutScore)} by ${id}`],
  );
  return [
    `${grouped(sample.rows)} of the ${grouped(table.rows)} networks of ${table.file} (sha-256 ${table.sha256.slice(0, 12)}...), accuracies on ${dataset}; the best has ${optimum.accuracy.toFixed(2)} % (index ${optimum.index})`,
    ...(objectives.some(({ statistics }) => statistics.partialSpearman.value !== null)
      ? [
          `partial: ${statisticWords.partialSpearman.meaning}; tau near: pairs within ${Math.round(100 * (NEAR - 1))} % of both costs; in MACs: mean over ${BIN} by MACs; over mean, over largest, regret: how far, in %, the best score of each bin is above the bin's mean, above its network with most parameters, and below its best`,
        ]
      : []),
    `95 %: percentiles of ${grouped(bootstrap.resamples)} bootstrap resamples; top n: mean accuracy in % of the n that score best`,
    ...(seeds.length > 1 ? [`statistics are means over ${seeds.length} seeds of weights and input`] : []),
    ...(absent.length > 0 ? [`no score, and ranked last: ${absent.join(", ")}`] : []),
  ];
}
