/** @file The result of `esnas bench correlate` as text, and the words for its statistics that all reports use. */

import { grouped, NDCG_PLACES, type StatisticName } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import type { CorrelateSummary, ObjectiveSummary, StatisticSummary } from "./correlate-summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 120;

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
};

export interface Words {
  readonly heading: string;
  readonly meaning: string;
  /** Behind the point. */
  readonly digits: number;
}

/** In the text, where some objective has them; the other statistics are in the files. */
const SHOWN = ["kendallTauB", "weightedTau", "ndcg", "spearmanOfBestTenth", "top1", "top10", "top100"] as const;

export function shown(value: number | null, name: StatisticName): string {
  return value === null ? "none" : value.toFixed(statisticWords[name].digits);
}

/** `0.812 to 0.830` */
export function interval({ low, high }: StatisticSummary, name: StatisticName): string {
  return low === null || high === null ? "" : `${shown(low, name)} to ${shown(high, name)}`;
}

export function correlateText(summary: CorrelateSummary): string {
  const { objectives } = summary;
  const isSpread = objectives.some(({ statistics }) => statistics.spearman.spread !== null);
  const names = SHOWN.filter((name) => objectives.some(({ statistics }) => statistics[name].value !== null));
  const headings = names.map((name) => statisticWords[name].heading);
  const columns = ["metric", "Spearman", "95 %", ...(isSpread ? ["seeds ±"] : []), ...headings];
  const cells = ({ id, statistics }: ObjectiveSummary) => [
    id,
    shown(statistics.spearman.value, "spearman"),
    interval(statistics.spearman, "spearman"),
    ...(isSpread ? [statistics.spearman.spread?.toFixed(3) ?? ""] : []),
    ...names.map((name) => shown(statistics[name].value, name)),
  ];
  const width = Math.min(terminalWidth(), WIDEST);
  return [
    textTable(columns, objectives.map(cells), width),
    "",
    ...notesOf(summary).map((note) => wrap(note, width)),
  ].join("\n");
}

function notesOf({ table, sample, dataset, optimum, bootstrap, seeds, objectives }: CorrelateSummary): string[] {
  const absent = objectives.flatMap(({ id, runs: [run] }) =>
    run === undefined || run.withoutScore === 0 ? [] : [`${grouped(run.withoutScore)} by ${id}`],
  );
  return [
    `${grouped(sample.rows)} of the ${grouped(table.rows)} networks of ${table.file} (sha-256 ${table.sha256.slice(0, 12)}...), accuracies on ${dataset}; the best has ${optimum.accuracy.toFixed(2)} % (index ${optimum.index})`,
    `95 %: percentiles of ${grouped(bootstrap.resamples)} bootstrap resamples; top n: mean accuracy in % of the n that score best`,
    ...(seeds.length > 1 ? [`statistics are means over ${seeds.length} seeds of weights and input`] : []),
    ...(absent.length > 0 ? [`no score, and ranked last: ${absent.join(", ")}`] : []),
  ];
}
