/** @file The result of `esnas bench picks` as text, and the words for its figures that all reports use. */

import { costText, count, grouped, type PickFigureName } from "@esnas/core/internal";
import { COLUMN_GAP, textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import type { BudgetSummary, ContenderSummary, PicksSummary } from "./picks-summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 100;

export const pickWords = {
  pick: { heading: "pick", meaning: "accuracy of what is picked, in %, the mean over the budgets" },
  aboveRandom: {
    heading: "above",
    meaning: "how many points it is above the mean of the networks that the budget admits, which is a random choice",
  },
  share: { heading: "way", meaning: "its way from a random choice to the best network: 0 is chance, 1 the best" },
  beaten: { heading: "beats", meaning: "share of the other networks of the budget that it is better than" },
  pairs: {
    heading: "pairs",
    meaning: "share of random pairs of networks of the budget of which the more accurate one has the better score",
  },
  regret: { heading: "regret", meaning: "how many points it is below the best network" },
} as const satisfies Readonly<
  Record<PickFigureName | "beaten" | "pairs", { readonly heading: string; readonly meaning: string }>
>;

/** What rounding leaves of nothing has no sign. */
export function figure(value: number | null): string {
  return value === null ? "none" : value.toFixed(2).replace(/^-(0\.00)$/, "$1");
}

/** `2.91 to 3.30`; nothing where there is no interval, or one without length, as chance has above chance. */
export function intervalText({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  return low === null || high === null || high - low < 1e-9 ? "" : `${figure(low)} to ${figure(high)}`;
}

/** The best on top. */
export function inOrder(contenders: readonly ContenderSummary[]): ContenderSummary[] {
  const pick = ({ figures }: ContenderSummary) => figures.pick.value ?? Number.NEGATIVE_INFINITY;
  return contenders.toSorted((a, b) => pick(b) - pick(a));
}

export function picksText(summary: PicksSummary): string {
  const width = Math.min(terminalWidth(), WIDEST);
  return [
    `accuracy in % of what each would pick at ${budgetsText(summary.budgets)}`,
    figuresTable(summary.contenders, width),
    "",
    ...notesOf(summary).map((note) => wrap(note, width)),
  ].join("\n");
}

/** Where there is little width, two columns are left to the files; long names take several lines. */
function figuresTable(contenders: readonly ContenderSummary[], width: number): string {
  const { pick, aboveRandom, share, beaten, pairs, regret } = pickWords;
  const isNarrow = width < WIDEST;
  const more = isNarrow ? [] : [beaten.heading, pairs.heading];
  const columns = [pick.heading, aboveRandom.heading, "95 %", share.heading, ...more, regret.heading];
  const rows = inOrder(contenders).map(({ id, figures, ...shares }) => ({
    id,
    cells: [
      figure(figures.pick.value),
      figure(figures.aboveRandom.value),
      intervalText(figures.aboveRandom),
      figure(figures.share.value),
      ...(isNarrow ? [] : [figure(shares.beaten), figure(shares.pairs)]),
      figure(figures.regret.value),
    ],
  }));
  const taken = columns.map((heading, i) =>
    rows.reduce((most, { cells }) => Math.max(most, cells[i]?.length ?? 0), heading.length),
  );
  const forNames = width - taken.reduce((sum, column) => sum + column + COLUMN_GAP, 0);
  const lines = rows.flatMap(({ id, cells }) => {
    const [name = "", ...others] = brokenName(id, forNames);
    return [[name, ...cells], ...others.map((line) => [line, ...cells.map(() => "")])];
  });
  return textTable(["chosen by", ...columns], lines, width);
}

/** A name that is too long, in lines that break behind a parenthesis or a comma; those after the first are set in. */
export function brokenName(name: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of name.match(/[^(,]+[(,]?|[(,]/g) ?? []) {
    if (line.trim() !== "" && line.length + part.length > width) {
      lines.push(line);
      line = `  ${part}`;
    } else line += part;
  }
  return [...lines, line];
}

/** `20 budgets of 54 to 1,212 networks` */
function budgetsText(budgets: readonly BudgetSummary[]): string {
  const networks = budgets.map((budget) => budget.networks);
  const [least, most] = [networks.reduce((a, b) => Math.min(a, b)), networks.reduce((a, b) => Math.max(a, b))];
  const range = least === most ? grouped(most) : `${grouped(least)} to ${grouped(most)}`;
  return `${count(budgets.length, "budget")} of ${range} networks`;
}

/** `at most 250 k parameters and 5 M MACs` */
export function boundsText({ maxParameters, maxMacs }: Pick<BudgetSummary, "maxParameters" | "maxMacs">): string {
  const words = [
    ...(maxParameters === null ? [] : [`${costText("parameters", maxParameters)} parameters`]),
    ...(maxMacs === null ? [] : [`${costText("macs", maxMacs)} MACs`]),
  ];
  return `at most ${words.join(" and ")}`;
}

/** Which networks budgets admit, and which budgets there are. */
export function ruleText({ budgets, rule }: PicksSummary): string {
  const [first, last] = [budgets[0], budgets.at(-1)];
  const which = first === undefined || last === undefined || first === last ? "" : `, to ${boundsText(last)}`;
  const from =
    rule.from === "flags" ? "" : `, quantiles of the table's costs that admit ${rule.minRows} networks or more`;
  const use = rule.minUse === 0 ? "" : ` and use at least ${Number((100 * rule.minUse).toFixed(2))} % of each bound`;
  return `${first === undefined ? "" : boundsText(first)}${which}${from}; a budget admits the networks that keep its bounds${use}`;
}

/** Recipes with what they compare networks by. */
export function recipesOf({ contenders }: PicksSummary): (readonly [name: string, by: string])[] {
  return contenders.flatMap(({ id, kind, by }) => (kind === "recipe" ? [[id, by ?? ""] as const] : []));
}

function notesOf(summary: PicksSummary): string[] {
  const { table, sample, dataset, bootstrap, seeds, budgets, contenders } = summary;
  const spread = budgets.reduce((sum, { deviation }) => sum + deviation, 0) / budgets.length;
  const absent = contenders.filter(({ absences }) => absences.length > 0).map(({ id }) => id);
  return [
    ...recipesOf(summary).map(([name, by]) => `${name}: ${by}`),
    `${grouped(sample.rows)} of the ${grouped(table.rows)} networks of ${table.file} (sha-256 ${table.sha256.slice(0, 12)}...), accuracies on ${dataset}`,
    `budgets: ${ruleText(summary)}`,
    `random network: the mean of all that a budget admits; their standard deviation is ${figure(spread)}`,
    "above: points above that mean; way: the way from it to the best; beats: share of the budget's networks that are worse than the pick; pairs: share of pairs whose better network has the better score; regret: points below the best",
    ...(budgets.length === 1 ? ["with a single budget, a pick is one network of the table: pairs say more"] : []),
    `95 %: percentiles of ${grouped(bootstrap.resamples)} bootstrap resamples of the networks; networks that tie count as their mean`,
    ...(seeds.length > 1 ? [`figures are means over ${seeds.length} seeds of weights and input`] : []),
    ...(absent.length > 0 ? [`some networks have no score, and rank last, by ${absent.join(", ")}`] : []),
  ];
}
