/**
 * @file How many evaluations are enough? Final scores of searches with growing budgets of evaluations over seeds, each search
 * from its start, since the lengths of its phases follow from the budget: `results/budget-curve.csv` and two plots.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { type FamilyName, familyBudgets, InputError } from "@esnas/core/internal";
import { mean, sampleStandardDeviation } from "simple-statistics";
import { printTable, type Row, writeResults } from "../common/results.js";
import { lineChart } from "../growth/chart.js";
import { PLOTS } from "../growth/command.js";
import { progress } from "../speed/output.js";
import type { CurveRow, CurveTask } from "./task.js";

export interface BudgetCurveOptions {
  readonly presets: string;
  readonly evaluations: string;
  readonly seeds: string;
  readonly threads: string;
}

export async function budgetCurve(options: BudgetCurveOptions): Promise<void> {
  const [seeds, threads] = [whole("--seeds", options.seeds), whole("--threads", options.threads)];
  const names = Object.keys(familyBudgets) as FamilyName[];
  const chosen = options.presets.split(",").map((text) => {
    const preset = names.find((name) => name === text.trim());
    if (preset === undefined) {
      throw new InputError(`--presets takes some of ${names.join(", ")}, separated by commas, was given "${text}"`);
    }
    return preset;
  });
  const budgets = wholes("--evaluations", options.evaluations);
  // Seed by seed, so that what has been made by any time is of every budget.
  const tasks = Array.from({ length: seeds }, (_, seed) =>
    chosen.flatMap((preset) => budgets.map((evaluations): CurveTask => ({ preset, evaluations, seed }))),
  ).flat();
  const rows = await searched(tasks, threads);
  const points = pointsOf(tasks, rows);
  printTable(points.map(printed));
  writeResults(
    "budget-curve",
    // What took how long is printed; the file comes out the same anywhere.
    inOrderOf(tasks, rows).map(({ seconds: _, ...row }): Row => row),
  );
  mkdirSync(PLOTS, { recursive: true });
  for (const [name, score] of Object.entries(scores)) {
    writeFileSync(`${PLOTS}budget-curve-${name}.svg`, await plotOf(points, score));
  }
}

interface ScoreOfRow {
  readonly title: string;
  readonly of: (row: CurveRow) => number;
}

/** By the names of the plots. */
const scores: Readonly<Record<string, ScoreOfRow>> = {
  "entropic-score": { title: "Entropic Score", of: ({ entropicScore }) => entropicScore },
  logsynflow: { title: "LogSynflow", of: ({ logSynflow }) => logSynflow },
};

/** Searches share nothing, so that threads take whichever is next. */
async function searched(tasks: readonly CurveTask[], threads: number): Promise<CurveRow[]> {
  const rows: CurveRow[] = [];
  const left = [...tasks];
  const work = async () => {
    const worker = new Worker(new URL("./worker.js", import.meta.url));
    try {
      for (let task = left.shift(); task !== undefined; task = left.shift()) {
        const row = await answerOf(worker, task);
        rows.push(row);
        progress(`${rows.length} of ${tasks.length}: ${JSON.stringify(row)}`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, tasks.length) }, work));
  return rows;
}

function answerOf(worker: Worker, task: CurveTask): Promise<CurveRow> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject).once("message", (row: CurveRow) => {
      worker.off("error", reject);
      resolve(row);
    });
    worker.postMessage(task);
  });
}

/** Threads end searches in any order; the file has them as they were asked for. */
function inOrderOf(tasks: readonly CurveTask[], rows: readonly CurveRow[]): CurveRow[] {
  return tasks.flatMap((task) => rows.find((row) => keyOf(row) === keyOf(task) && row.seed === task.seed) ?? []);
}

function keyOf({ preset, evaluations }: Pick<CurveTask, "preset" | "evaluations">): string {
  return `${preset} ${evaluations}`;
}

/** The searches of one budget. */
interface CurvePoint {
  readonly preset: string;
  readonly evaluations: number;
  readonly rows: readonly CurveRow[];
}

function pointsOf(tasks: readonly CurveTask[], rows: readonly CurveRow[]): CurvePoint[] {
  const firsts = tasks.filter(({ seed }) => seed === 0);
  return firsts.map((task) => ({ ...task, rows: rows.filter((row) => keyOf(row) === keyOf(task)) }));
}

function spread(values: readonly number[]) {
  return { mean: mean([...values]), deviation: values.length < 2 ? 0 : sampleStandardDeviation([...values]) };
}

function printed({ preset, evaluations, rows }: CurvePoint): Row {
  const ofScores = Object.values(scores).flatMap(({ title, of }) => {
    const values = spread(rows.map(of));
    return [
      [title, values.mean],
      [`${title}, deviation in %`, (100 * values.deviation) / values.mean],
    ];
  });
  return {
    preset,
    evaluations,
    seeds: rows.length,
    ...Object.fromEntries(ofScores),
    seconds: mean(rows.map(({ seconds }) => seconds)),
  };
}

/** Scores of unlike presets on one axis: in percent of the preset's greatest mean. */
function plotOf(points: readonly CurvePoint[], { title, of }: ScoreOfRow): Promise<string> {
  const values = points.map((point) => ({ ...point, ...spread(point.rows.map(of)) }));
  const lines = values.map(({ preset, evaluations, ...value }) => {
    const most = Math.max(...values.filter((other) => other.preset === preset).map((other) => other.mean));
    const percent = (score: number) => (100 * score) / most;
    return {
      series: preset.toUpperCase(),
      x: evaluations,
      min: percent(value.mean - value.deviation),
      median: percent(value.mean),
      max: percent(value.mean + value.deviation),
    };
  });
  return lineChart({
    title: `${title} that searches end with, mean and deviation over seeds`,
    x: "evaluations",
    y: "% of the preset's greatest mean",
    lines,
    hasLogarithmicX: true,
    isRelative: true,
  });
}

function whole(flag: string, text: string): number {
  const number = Number(text.trim());
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= 1) return number;
  throw new InputError(`${flag} takes whole numbers from 1, was given "${text}"`);
}

function wholes(flag: string, list: string): number[] {
  return list.split(",").map((text) => whole(flag, text));
}
