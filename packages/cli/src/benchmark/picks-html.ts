/** @file The result of `esnas bench picks` as a page, with its charts in it. */

import { grouped } from "@esnas/core/internal";
import { definitionList, element, type Html, htmlTable, page } from "../report/html.js";
import { panelsLegend } from "./picks-chart.js";
import { RANDOM } from "./picks-statistics.js";
import { type ContenderSummary, meanOf, type PicksSummary } from "./picks-summary.js";
import { boundsText, figure, inOrder, intervalText, pickWords, recipesOf, ruleText } from "./picks-table.js";
import { factsOf } from "./result-facts.js";

export interface PicksCharts {
  /** Points above chance. */
  readonly above: string | undefined;
  /** Along the budgets; none of a single one. */
  readonly panels: string | undefined;
}

export function picksHtml(summary: PicksSummary, { above, panels }: PicksCharts): string {
  const { space, dataset } = summary;
  return page(`What metrics would pick at a budget: ${space.name}, ${dataset}`, [
    element("h2", "How far above a random choice each pick is"),
    ...(above === undefined ? [] : [element("div", { html: above })]),
    element("div", figuresTable(summary.contenders)),
    definitions(summary),
    ...(panels === undefined
      ? []
      : [element("h2", "Along the budgets"), element("p", panelsLegend), element("div", { html: panels })]),
    element("h2", "What each would pick at each budget"),
    element("div", budgetsTable(summary)),
    element("h2", "What was done"),
    definitionList(factsOf(summary)),
  ]);
}

function figuresTable(contenders: readonly ContenderSummary[]): Html {
  const names = ["pick", "aboveRandom", "share", "beaten", "pairs", "regret"] as const;
  return htmlTable(
    ["", ...names.map((name) => pickWords[name].heading)],
    inOrder(contenders).map((contender) => [
      contender.id,
      ...names.map((name) => {
        if (name === "beaten" || name === "pairs") return figure(contender[name]);
        const { value, spread, ...ends } = contender.figures[name];
        return [
          figure(value),
          element("small", intervalText(ends)),
          element("small", spread === null ? "" : `seeds ± ${figure(spread)}`),
        ];
      }),
    ]),
  );
}

function definitions(summary: PicksSummary): Html {
  return definitionList([
    ...Object.values(pickWords).map(({ heading, meaning }) => [heading, meaning] as const),
    ...recipesOf(summary),
    ["Budgets", ruleText(summary)],
    ["Ranks", "those of rank(a,b) and its like are taken among the networks that a budget admits"],
    [
      "95 %",
      "a resample lacks a third of the networks, so that intervals of the best network and of regret lie to one side",
    ],
    ["Ties", "networks that share the best score count as their mean"],
    ["No score", "ranks last, tied"],
    ...(summary.seeds.length > 1
      ? [["Seeds", "figures are means over them, ± is the standard deviation"] as const]
      : []),
  ]);
}

/** A row a budget; of each pick its accuracy and the network. */
function budgetsTable({ budgets, contenders }: PicksSummary): Html {
  const shown = inOrder(contenders).filter(({ id }) => id !== RANDOM);
  return htmlTable(
    ["budget", "networks", "random", ...shown.map(({ id }) => id)],
    budgets.map((budget, i) => [
      boundsText(budget),
      grouped(budget.networks),
      [figure(budget.mean), element("small", `± ${figure(budget.deviation)}`)],
      ...shown.map(({ runs }) => {
        const picks = runs.flatMap(({ picks: ofRun }) => ofRun.slice(i, i + 1));
        const [first] = picks;
        const which =
          first === undefined || runs.length > 1 ? "" : first.tied > 1 ? `${first.tied} tie` : `index ${first.index}`;
        return [figure(meanOf(picks.map(({ accuracy }) => accuracy))), element("small", which)];
      }),
    ]),
  );
}
