/** @file `esnas bench picks`: what metrics would pick among trained networks at a budget, and how good those picks are. */

import { join } from "node:path";
import {
  amountOfCost,
  type CostBudget,
  type CostsOfRows,
  costText,
  count,
  grouped,
  InputError,
  objectivesOf,
  quantileBudgets,
  type RowCost,
  rowCosts,
} from "@esnas/core/internal";
import type { Command } from "commander";
import { checkPicksFolder, writePicks } from "../benchmark/picks-files.js";
import { recipeObjectives } from "../benchmark/picks-recipes.js";
import {
  type AdmittingBudget,
  admittingBudgets,
  baselines,
  contenderOf,
  contestsOf,
} from "../benchmark/picks-statistics.js";
import { PICKS, type PicksRule, picksSummary } from "../benchmark/picks-summary.js";
import { boundsText, picksText } from "../benchmark/picks-table.js";
import {
  commandText,
  type TableFlags,
  type TableSettings,
  tableCommand,
  tableSettings,
  withScores,
} from "../benchmark/scored-table.js";
import { oneOf, whole } from "../flags/options.js";
import { print, printJson } from "../report/print.js";
import { wrap } from "../report/wrap.js";

interface PicksFlags extends TableFlags {
  readonly maxParams?: readonly number[];
  readonly maxMacs?: readonly number[];
  readonly budgets?: number;
  readonly costs?: readonly RowCost[];
  readonly minRows?: number;
  readonly minUse: number;
  readonly recipes?: true;
}

const BUDGETS = 20;
/** Networks that a budget has to admit: by quantiles enough for a choice, by flags two. */
const MIN_ROWS = { quantiles: 50, flags: 2 } as const;
const MIN_USE = 0.5;

export function benchPicksCommand(): Command {
  return tableCommand("picks", {
    metrics: "entropic-score,logsynflow,naswot",
    out: "bench/<space>-<dataset>-picks",
  })
    .description("what metrics would pick among trained networks at a budget, against chance, size and the best")
    .option("--max-params <list>", "maximum parameters, e.g. 250k; several, separated by commas", amounts("parameters"))
    .option("--max-macs <list>", "maximum multiply-accumulates, e.g. 5M; several, separated by commas", amounts("macs"))
    .option(
      "--budgets <n>",
      `without these two, so many budgets by quantiles of the table's costs (${BUDGETS})`,
      whole("--budgets", 1, 1000),
    )
    .option("--costs <list>", `what budgets by quantiles bound: ${rowCosts.join(", ")} (both)`, costsOf)
    .option(
      "--min-rows <n>",
      `networks that a budget has to admit (${MIN_ROWS.quantiles}; ${MIN_ROWS.flags} of budgets that are given)`,
      whole("--min-rows", 2),
    )
    .option("--min-use <share>", "share of each bound that a network has to use to be admitted", shareOf, MIN_USE)
    .option("--recipes", "also what the recipes of esnas search compare by: sizes; topologies where sizes are frozen")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas bench picks --space nats-topology --dataset c10 --metrics logsynflow,meco --sample 1000
  $ esnas bench picks --space mnasnet --dataset imagenet --metrics 'logsynflow,logsynflow(normalisation=divide)'
  $ esnas bench picks --space nasbench-macro --dataset c10 --partial --metrics logsynflow --costs macs --budgets 10
  $ esnas bench picks --space hybrid --dataset c10 --table hybrids.csv --max-params 250k --max-macs 5M --recipes`,
    )
    .action(runPicks);
}

async function runPicks(flags: PicksFlags): Promise<void> {
  const objectives = objectivesOf(flags.metrics);
  const folder = flags.out ?? join("bench", `${flags.space}-${flags.dataset}-picks`);
  const given = givenBudgets(flags);
  checkPicksFolder(folder);
  const asked = inFixedOrder(tableSettings(flags));
  const rule = ruleOf(flags, given);
  const budgets = given === undefined ? budgetsByQuantiles(flags, asked, rule) : admittedBy(given, asked, rule);
  const settings = { ...asked, command: commandText(PICKS, flags, objectives, asked, ownFlags(flags)) };
  const { rows, costs } = settings;
  const recipes = flags.recipes ? recipeObjectives(settings.table.space) : [];
  const scored = [...objectives, ...recipes.map(({ objective }) => objective)];
  await withScores(flags, scored, settings, async (scores, pool, view) => {
    const contenders = [
      ...baselines(rows, costs),
      ...objectives.map((objective) => contenderOf(objective, scores)),
      ...recipes.map(({ name, objective }) => contenderOf(objective, scores, name)),
    ];
    const contests = await contestsOf({ contenders, budgets, ...settings }, pool, view.predicted(contenders.length));
    const summary = picksSummary(settings, rule, budgets, contests);
    const files = await writePicks(folder, summary);
    view.end(`${grouped(rows.length)} networks, ${count(objectives.length, "metric")}`);
    if (flags.json) printJson(summary);
    else print(`${picksText(summary)}\n${wrap(`${folder}: ${files.join(", ")}`, 100)}`);
  });
}

function amounts(cost: RowCost): (text: string) => readonly number[] {
  return (text) => text.split(",").map((amount) => amountOfCost(cost, amount));
}

function costsOf(text: string): readonly RowCost[] {
  return [...new Set(text.split(",").map((name) => oneOf("cost", rowCosts)(name.trim())))];
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new InputError(`--min-use takes a share from 0 to 1, such as ${MIN_USE}, was given "${text}"`);
}

/** Budgets by flags: the lists side by side; one amount serves all of the other. */
function givenBudgets({ maxParams = [], maxMacs = [], budgets, costs }: PicksFlags): readonly CostBudget[] | undefined {
  const length = Math.max(maxParams.length, maxMacs.length);
  if (length === 0) return undefined;
  if (budgets !== undefined || costs !== undefined) {
    const flag = budgets === undefined ? "--costs" : "--budgets";
    throw new InputError(`${flag} is for budgets by quantiles: leave it out, or leave out --max-params and --max-macs`);
  }
  const isFilled = (list: readonly number[]) => list.length <= 1 || list.length === length;
  if (!isFilled(maxParams) || !isFilled(maxMacs)) {
    throw new InputError(
      `--max-params has ${maxParams.length} amounts and --max-macs has ${maxMacs.length}: give as many of each, or one`,
    );
  }
  return Array.from({ length }, (_, i) => {
    const [parameters, macs] = [maxParams[i] ?? maxParams[0], maxMacs[i] ?? maxMacs[0]];
    return { ...(parameters !== undefined && { parameters }), ...(macs !== undefined && { macs }) };
  });
}

function ruleOf({ minRows, minUse }: PicksFlags, given: readonly CostBudget[] | undefined): PicksRule {
  const from = given === undefined ? "quantiles" : "flags";
  return { from, minUse, minRows: minRows ?? MIN_ROWS[from] };
}

/** Rows in an order of their own, so that resamples do not hang on that of the file. */
function inFixedOrder(settings: TableSettings): TableSettings {
  const { rows, costs } = settings;
  const places = rows
    .map(({ architecture }, place) => ({ architecture, place }))
    .sort((a, b) => (a.architecture < b.architecture ? -1 : 1))
    .map(({ place }) => place);
  const moved = (values: Float64Array) => Float64Array.from(places, (place) => values[place] ?? Number.NaN);
  return {
    ...settings,
    rows: places.flatMap((place) => rows.slice(place, place + 1)),
    costs: { parameters: moved(costs.parameters), macs: moved(costs.macs) },
  };
}

function budgetsByQuantiles(
  { budgets = BUDGETS, costs: bounded = rowCosts }: PicksFlags,
  { rows, costs, file }: TableSettings,
  rule: PicksRule,
): readonly AdmittingBudget[] {
  const { minRows: leastRows, minUse: leastUse } = rule;
  const found = quantileBudgets(costs, { costs: bounded, budgets, leastUse, leastRows });
  if (found.length > 0) return admittingBudgets(found, rows, costs, rule);
  throw new InputError(
    `no budget by quantiles of "${file}" admits ${leastRows} networks (it has ${grouped(rows.length)}); lower --min-rows or --min-use, or give --max-params or --max-macs`,
  );
}

function admittedBy(
  given: readonly CostBudget[],
  { rows, costs, file }: TableSettings,
  rule: PicksRule,
): readonly AdmittingBudget[] {
  return given.map((bounds) => {
    const [budget] = admittingBudgets([bounds], rows, costs, rule);
    if (budget !== undefined) return budget;
    const asked = boundsText({ maxParameters: bounds.parameters ?? null, maxMacs: bounds.macs ?? null });
    const use = rule.minUse > 0 ? ` and use at least ${rule.minUse} of each bound` : "";
    const ranges = [rangeText(costs, "parameters", "parameters"), rangeText(costs, "macs", "MACs")];
    throw new InputError(
      `fewer than ${rule.minRows} networks of "${file}" have ${asked}${use}; they have ${ranges.join(" and ")}`,
    );
  });
}

/** `80.5 k to 866 k parameters` */
function rangeText(costs: CostsOfRows, cost: RowCost, name: string): string {
  const sorted = costs[cost].toSorted();
  return `${costText(cost, sorted[0] ?? 0)} to ${costText(cost, sorted.at(-1) ?? 0)} ${name}`;
}

/** The flags that say which budgets, as text that is read back. */
function ownFlags({ maxParams, maxMacs, budgets, costs, minRows, minUse, recipes }: PicksFlags) {
  return {
    "max-params": maxParams?.join(","),
    "max-macs": maxMacs?.join(","),
    budgets,
    costs: costs?.join(","),
    "min-rows": minRows,
    "min-use": minUse,
    recipes,
  };
}
