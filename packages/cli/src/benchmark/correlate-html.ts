/** @file The result of `esnas bench correlate` as a page, with its charts in it. */

import { fixedBudgetNames, grouped, type StatisticName, statisticNames } from "@esnas/core/internal";
import { definitionList, element, type Html, htmlTable, page } from "../report/html.js";
import type { CorrelateSummary, ObjectiveSummary, StatisticSummary } from "./correlate-summary.js";
import { interval, shown, statisticWords } from "./correlate-table.js";
import { factsOf } from "./result-facts.js";

/**
 * @param charts SVG by the id of the objective.
 * @param budget The chart of metrics at a fixed budget, where there are figures.
 */
export function correlateHtml(
  summary: CorrelateSummary,
  charts: ReadonlyMap<string, string>,
  budget: string | undefined,
): string {
  const { space, dataset, objectives } = summary;
  return page(`What scores say of accuracies: ${space.name}, ${dataset}`, [
    ...(budget === undefined
      ? []
      : [
          element("h2", "Which metric predicts accuracy at a fixed budget"),
          element("div", { html: budget }),
          element("div", statisticsTable(objectives, fixedBudgetNames)),
          definitionList(definitionsOf(fixedBudgetNames)),
        ]),
    element("h2", "Over all networks"),
    element("div", statisticsTable(objectives, wholeNames)),
    definitions(summary),
    element("h2", "What was done"),
    facts(summary),
    element("h2", "What each would pick"),
    element("div", picksTable(objectives)),
    element("h2", "Accuracy over score"),
    objectives.map(({ id }) => [
      element("h3", id),
      element("div", { html: charts.get(id) ?? "no network has a score" }),
    ]),
  ]);
}

function facts(summary: CorrelateSummary): Html {
  const { accuracy, index, architecture } = summary.optimum;
  return definitionList([
    ...factsOf(summary),
    ["Optimum", `${accuracy.toFixed(2)} %, index ${index}: ${architecture}`],
  ]);
}

const wholeNames = statisticNames.filter((name) => !(fixedBudgetNames as readonly StatisticName[]).includes(name));

function statisticsTable(objectives: readonly ObjectiveSummary[], names: readonly StatisticName[]): Html {
  const cell = (name: StatisticName, statistic: StatisticSummary) => [
    shown(statistic.value, name),
    element("small", interval(statistic, name)),
    element("small", statistic.spread === null ? "" : `seeds ± ${shown(statistic.spread, name)}`),
  ];
  return htmlTable(
    ["", ...names.map((name) => statisticWords[name].heading)],
    objectives.map(({ id, statistics }) => [id, ...names.map((name) => cell(name, statistics[name]))]),
  );
}

function definitionsOf(names: readonly StatisticName[]): (readonly [term: string, meaning: string])[] {
  return names.map((name) => [statisticWords[name].heading, statisticWords[name].meaning]);
}

function definitions({ seeds }: CorrelateSummary): Html {
  return definitionList([
    ...definitionsOf(wholeNames),
    ["Ties", "share the mean of their ranks; accuracies at the top are expectations over the orders of what ties"],
    ["No score", "ranks last, tied"],
    ...(seeds.length > 1 ? [["Seeds", "statistics are means over them, ± is the standard deviation"] as const] : []),
  ]);
}

function picksTable(objectives: readonly ObjectiveSummary[]): Html {
  return htmlTable(
    ["metric", "seed", "accuracy, %", "index", "networks that tie", "networks without a score", "architecture"],
    objectives.flatMap(({ id, runs }) =>
      runs.map(({ seed, pick, withoutScore }) => [
        id,
        String(seed ?? ""),
        pick?.accuracy.toFixed(2) ?? "",
        String(pick?.index ?? ""),
        pick === null || pick.tied === 1 ? "" : grouped(pick.tied),
        withoutScore === 0 ? "" : grouped(withoutScore),
        pick?.architecture ?? "no network has a score",
      ]),
    ),
  );
}
