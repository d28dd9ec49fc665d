/** @file The result of `esnas bench search` as text, and its words that the page has too. */

import { duration, FINALISTS, grouped } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import type { MethodSummary, SearchSummary } from "./search-summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 120;

export const searchColumns = [
  "search",
  "objective",
  "accuracy, %",
  "best",
  "median",
  "worst",
  "at optimum",
  "candidates",
  "seconds",
  "training",
];

export function searchRow(method: MethodSummary): string[] {
  const { label, objective, accuracy, atOptimum, evaluations, seconds, training, searches } = method;
  const { mean, deviation, best, median, worst } = accuracy;
  return [
    label,
    objective,
    deviation === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${deviation.toFixed(2)}`,
    ...[best, median, worst].map((value) => value.toFixed(2)),
    `${Math.round(atOptimum * searches.length)} of ${searches.length}`,
    grouped(Math.round(evaluations)),
    seconds.toFixed(1),
    trainingText(training),
  ];
}

function trainingText(training: MethodSummary["training"]): string {
  if (training === null) return "none";
  const networks = `${grouped(Math.round(training.networks))} networks, 12 epochs each`;
  return training.seconds === null ? `${networks}, time not known` : `${networks}: ${duration(training.seconds)}`;
}

/** What the figures are of. */
export function searchNotes(summary: SearchSummary): string[] {
  const { table, dataset, optimum, seeds, scoreSeed, maxEvaluations, rescore } = summary;
  const weights =
    scoreSeed === null
      ? "each with weights and input of its own seed"
      : `all with weights and input of seed ${scoreSeed}`;
  return [
    `test accuracies on ${dataset} of what is found, mean ± standard deviation over ${seeds.length} searches of at most ` +
      `${grouped(maxEvaluations)} candidates, ${weights}`,
    `${grouped(table.rows)} networks of ${table.file} (sha-256 ${table.sha256.slice(0, 12)}...); the best has ` +
      `${optimum.accuracy.toFixed(2)} % (index ${optimum.index})`,
    ...(rescore === null ? [] : [`the ${FINALISTS} best of each scored again with ${rescore} random weights`]),
    "seconds: of one search, as run now; scores that were there already cost none",
  ];
}

export function searchText(summary: SearchSummary): string {
  const width = Math.min(terminalWidth(), WIDEST);
  const notes = searchNotes(summary).map((note) => wrap(note, width));
  return [textTable(searchColumns, summary.methods.map(searchRow), width), "", ...notes].join("\n");
}
