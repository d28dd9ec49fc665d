/** @file The folder of a result of `esnas bench picks`: figures, picks, charts. */

import { pickFigureNames } from "@esnas/core/internal";
import { checkFolder, writeFolder } from "../files/result-folder.js";
import { type Cell, csv } from "../report/csv.js";
import { intervalSvg } from "./interval-chart.js";
import { panelsSvg } from "./picks-chart.js";
import { picksHtml } from "./picks-html.js";
import { RANDOM } from "./picks-statistics.js";
import { meanOf, PICKS, type PicksSummary } from "./picks-summary.js";

const STATISTICS = "statistics.csv";
const AT_BUDGETS = "picks.csv";
const REPORT = "report.html";
const ABOVE = "above-random.svg";
const PANELS = "budgets.svg";

/**
 * Checks before long work that a folder is free, or of an earlier result.
 * @throws {InputError} where it is neither.
 */
export function checkPicksFolder(folder: string): void {
  checkFolder(folder, PICKS, [STATISTICS, AT_BUDGETS, REPORT, ABOVE, PANELS]);
}

/** Writes all files of a result and gives their names; the summary comes last. */
export async function writePicks(folder: string, summary: PicksSummary): Promise<readonly string[]> {
  // Chance is the line at 0.
  const points = summary.contenders.flatMap(({ id, figures: { aboveRandom } }) =>
    aboveRandom.value === null || id === RANDOM ? [] : [{ ...aboveRandom, id, value: aboveRandom.value }],
  );
  const charts = {
    above: await intervalSvg(points, {
      label: "points of accuracy above a random choice",
      className: "esnas-above",
    }),
    panels: await panelsSvg(summary),
  };
  const files = [
    { name: STATISTICS, content: statisticsCsv(summary) },
    { name: AT_BUDGETS, content: picksCsv(summary) },
    { name: REPORT, content: picksHtml(summary, charts) },
    ...(charts.above === undefined ? [] : [{ name: ABOVE, content: charts.above }]),
    ...(charts.panels === undefined ? [] : [{ name: PANELS, content: charts.panels }]),
  ];
  return writeFolder(folder, files, summary);
}

function rounded(value: number | null | undefined): Cell {
  return value === null || value === undefined ? "" : Number(value.toPrecision(6));
}

/** A row a way to choose; of each figure its value, the ends of its interval, and its spread between seeds. */
function statisticsCsv({ dataset, sample, seeds, budgets, contenders }: PicksSummary): string {
  const columns = pickFigureNames.flatMap((name) => [name, `${name} low`, `${name} high`, `${name} spread`]);
  const cells = contenders.map(({ id, figures, beaten, pairs }) => [
    id,
    dataset,
    sample.rows,
    seeds.length,
    budgets.length,
    ...pickFigureNames.flatMap((name) => {
      const { value, low, high, spread } = figures[name];
      return [value, low, high, spread].map(rounded);
    }),
    rounded(beaten),
    rounded(pairs),
  ]);
  return csv([["metric", "dataset", "networks", "seeds", "budgets", ...columns, "beaten", "pairs"], ...cells]);
}

/** A row a budget and a way to choose; the means over seeds. */
function picksCsv({ budgets, contenders }: PicksSummary): string {
  const cells = budgets.flatMap(({ maxParameters, maxMacs, networks, mean, best }, i) =>
    contenders.map(({ id, runs }) => {
      const picks = runs.flatMap((run) => run.picks.slice(i, i + 1));
      const accuracy = meanOf(picks.map((pick) => pick.accuracy));
      return [
        maxParameters,
        maxMacs,
        networks,
        id,
        rounded(accuracy),
        rounded(accuracy === null ? null : accuracy - mean),
        rounded(accuracy === null ? null : best - accuracy),
        rounded(meanOf(picks.map(({ beaten }) => beaten))),
        rounded(meanOf(picks.map(({ pairs }) => pairs))),
      ];
    }),
  );
  const header = ["max parameters", "max macs", "networks", "metric", "accuracy", "above random", "regret"];
  return csv([[...header, "beaten", "pairs"], ...cells]);
}
