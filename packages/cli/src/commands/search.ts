/** @file `esnas search`: from a budget to a model, in a folder of its own. */

import { setImmediate } from "node:timers/promises";
import {
  type Asking,
  architectureCosts,
  boundedCosts,
  type Constraints,
  checkConstraints,
  constraintsAt,
  costWords,
  drive,
  duration,
  type Evaluation,
  type Evaluator,
  type Front,
  frontOf,
  type Genotype,
  grouped,
  InfeasibleError,
  InputError,
  jsonText,
  metricsOfAll,
  type Outcome,
  type Search,
  sampleWithin,
  searchOf,
  seededRandom,
  stageColumns,
  stageRows,
  startFront,
  violation,
} from "@esnas/core";
import { Command } from "commander";
import { pathOf, workersOption } from "../options.js";
import { progressOn } from "../report/progress.js";
import { frontView, type SearchView, searchView } from "../report/search-view.js";
import { shellWord } from "../report/shell-word.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import { writeFront } from "../run/front-folder.js";
import { frontReport } from "../run/front-report.js";
import { type FoundPoint, frontSummary } from "../run/front-summary.js";
import { showScore } from "../run/readme.js";
import { createRun, freeFolder, openRun, writeResult } from "../run/run-folder.js";
import { costsInWords, type Summary, summaryOf } from "../run/summary.js";
import type { StoredEvaluation, Study } from "../study/study.js";
import { EXIT, version } from "../version.js";
import { workerPool } from "../workers/pool.js";
import { workersEvaluator } from "../workers/scores.js";
import { type FrontSettingsFlags, frontSettingsOf, withFrontOptions, withSearchSettings } from "./search-settings.js";

interface SearchFlags extends FrontSettingsFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly workers: number;
  readonly json?: boolean;
}

export function searchCommand(): Command {
  return withFrontOptions(withSearchSettings(new Command("search")))
    .option("--out <folder>", "folder of the run (runs/<preset>-seed<n>)", pathOf("--out"))
    .option(
      "--resume <folder>",
      "go on with a run that was stopped or killed; takes no other search option",
      pathOf("--resume"),
    )
    .addOption(workersOption())
    .option("--json", "print the summary as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas search                                              ESFormer-S0, into runs/s0-seed0
  $ esnas search --preset s1 --seed 3 --out my-s1
  $ esnas search --max-params 800k --max-macs 150M --classes 10 --resolution 128
  $ esnas search --max-latency 8ms --max-params 2M            after esnas latency --calibrate
  $ esnas search --topology-metric naswot --size-metric 'logsynflow(normalisation=divide)'
  $ esnas search --topology-metric 'rank(entropic-score,naswot)'
  $ esnas search --repeats 4                                  the mean of four random weights; the best by 32
  $ esnas search --front macs --max-macs 1.5G --points 8      a table, a chart and a folder of models
  $ esnas search --resume runs/s0-seed0                       after Ctrl-C, or a crash`,
    )
    .action(runSearch);
}

async function runSearch(flags: SearchFlags, command: Command): Promise<void> {
  const { folder, study, search } = flags.resume === undefined ? begin(flags) : goOn(flags.resume, command);
  try {
    const { workers } = flags;
    const pool = workerPool(workers);
    try {
      const evaluator = workersEvaluator(search.space, pool, search.settings.seed);
      const front = frontOf(search.settings);
      const run = { folder, study, search, evaluator, workers };
      const result = await (front === undefined ? modelOf(run) : modelsOf(run, front));
      if (result === undefined) {
        process.exitCode = EXIT.stopped;
        return;
      }
      process.stdout.write(`${flags.json ? JSON.stringify(result.summary, undefined, 2) : result.report}\n`);
    } finally {
      await pool.close();
    }
  } finally {
    study.close();
  }
}

interface BegunRun {
  readonly folder: string;
  readonly study: Study;
  readonly search: Search;
}

interface Run extends BegunRun {
  readonly evaluator: Evaluator;
  readonly workers: number;
}

/** What a run has found, for programs and for people. */
interface Result {
  readonly summary: unknown;
  readonly report: string;
}

/** The model for one budget; undefined where the user stops the search. */
async function modelOf(run: Run): Promise<Result | undefined> {
  const { search, folder, workers } = run;
  const outcome = await pursue(run, search.start(), searchView(search.settings, workers));
  if (outcome === undefined) return undefined;
  const summary = await finish(run, outcome);
  return { summary, report: report(summary, folder) };
}

/** The models of a front; undefined where the user stops its search. */
async function modelsOf(run: Run, front: Front): Promise<Result | undefined> {
  const { search, study, folder, workers } = run;
  const points = await pursue(run, startFront(search, front), frontView(search.settings, front, workers));
  if (points === undefined) return undefined;
  const found: FoundPoint[] = [];
  for (const point of points) {
    const constraints = constraintsAt(search.problem.constraints, front.cost, point.budget);
    found.push({ ...point, ...(await foundBy(run, point.outcome, constraints)) });
  }
  const milliseconds = Object.values(study.milliseconds()).reduce((total, ms) => total + ms, 0);
  const summary = frontSummary(search, front, found, { scored: study.size(), milliseconds });
  await writeFront(folder, search, found, summary);
  return { summary, report: frontReport(summary, folder) };
}

/** A new run: everything about it is checked before its folder appears. */
function begin(flags: SearchFlags): BegunRun {
  const settings = frontSettingsOf(flags);
  const search = searchOf(settings);
  const front = frontOf(settings);
  if (front === undefined) checkFeasible(search, search.problem.constraints);
  else checkBudgets(search, front);
  const folder = flags.out ?? freeFolder(settings);
  return { folder, study: createRun(folder, settings, version), search };
}

/** @throws {InfeasibleError} where no model is found within the constraints. */
function checkFeasible({ space, settings }: Search, constraints: Constraints): void {
  checkConstraints(space, constraints);
  sampleWithin(space, constraints, seededRandom(settings.seed));
}

function checkBudgets(search: Search, { cost, budgets }: Front): void {
  for (const budget of budgets) {
    try {
      checkFeasible(search, constraintsAt(search.problem.constraints, cost, budget));
    } catch (error) {
      if (!(error instanceof InfeasibleError)) throw error;
      const where = `at a budget of ${grouped(budget)} ${costWords[cost]}, one of ${budgets.length}`;
      throw new InfeasibleError(`${error.message} (${where})`);
    }
  }
}

function goOn(folder: string, command: Command): BegunRun {
  const others = command.options
    .filter((option) => !["resume", "workers", "json"].includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  if (others.length > 0) {
    throw new InputError(
      `--resume goes on with what the run was begun with and takes no ${others.map(({ long }) => long).join(", ")}`,
    );
  }
  const study = openRun(folder, version);
  try {
    return { folder, study, search: searchOf(study.settings) };
  } catch (error) {
    study.close();
    throw error;
  }
}

/** Drives a search to its end, or to where the user stops it; every evaluation goes into the study. */
async function pursue<T>(
  { search, study, evaluator, folder }: Run,
  asking: Asking<T>,
  view: SearchView<T>,
): Promise<T | undefined> {
  const { space } = search;
  const progress = await progressOn(process.stderr);
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(EXIT.stopped);
    stopping = true;
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);

  let last = performance.now();
  let breath = last;
  const onEvaluation = (evaluation: Evaluation, order: number, earlier?: StoredEvaluation) => {
    const now = performance.now();
    const milliseconds = earlier?.milliseconds ?? now - last;
    last = now;
    const costs = earlier ?? architectureCosts(space.build(evaluation.candidate.genotype));
    if (earlier === undefined) {
      const genotype = jsonText(space, evaluation.candidate.genotype);
      study.append(order, { evaluation, genotype, milliseconds, ...costs });
    }
    view.note(evaluation, costs, milliseconds);
    progress.show(view.lines);
    if (now - breath < 50) return undefined;
    breath = now;
    return setImmediate();
  };
  try {
    const result = await drive(asking, {
      space,
      evaluator,
      recorded: study.recorded(),
      onEvaluation,
      shouldStop: () => stopping,
    });
    progress.end(result === undefined ? "stopped; nothing is lost" : `search ended: ${view.ending(result)}`);
    if (result === undefined) process.stderr.write(`go on with: esnas search --resume ${shellWord(folder)}\n`);
    return result;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    study.commit();
  }
}

async function finish(run: Run, outcome: Outcome): Promise<Summary> {
  const { search, study, folder, workers } = run;
  const { settings, problem } = search;
  const found = await foundBy(run, outcome, problem.constraints);
  const summary = summaryOf({ settings, outcome, ...found, milliseconds: study.milliseconds(), workers });
  writeResult(folder, { search, best: outcome.best, architecture: found.architecture, summary });
  return summary;
}

/** The model that a search has ended with, its scores, and the latency that is predicted where it is bounded. */
async function foundBy({ search, evaluator }: Run, { best, cycles }: Outcome, constraints: Constraints) {
  const { space, problem } = search;
  assertWithin(search, constraints, best);
  const architecture = space.build(best);
  const metrics = metricsOfAll([problem.topologyObjective, problem.sizeObjective]);
  const scores = await evaluator.evaluate({ genotype: best, phase: "result", cycle: cycles, metrics });
  return { architecture, scores, latency: boundedCosts(architecture, constraints).latency };
}

/** The result always satisfies the constraints; one that does not is a defect, never a model. */
function assertWithin({ space }: Search, constraints: Constraints, best: Genotype): void {
  const costs = boundedCosts(space.build(best), constraints);
  if (violation(costs, constraints) === 0) return;
  const { latency, ...others } = constraints;
  const bounds = { ...others, ...(latency && { latency: { min: latency.min, max: latency.max } }) };
  throw new Error(`the search ended outside of its constraints: ${JSON.stringify({ costs, bounds })}`);
}

function report(summary: Summary, folder: string): string {
  const { scores, evaluations, seconds } = summary;
  const made = Object.entries(evaluations).filter(([, n]) => n > 0);
  return [
    textTable(stageColumns, stageRows(summary.stages)),
    "",
    wrap(
      `${costsInWords(summary)}, ${Object.entries(scores)
        .map(([metric, score]) => `${metric} ${showScore(score)}`)
        .join(", ")}`,
    ),
    wrap(
      `${made.map(([phase, n]) => `${n} ${phase}`).join(" and ")} evaluations in ${duration(seconds.total ?? 0)}, without training`,
    ),
    wrap(`${folder}: model.onnx, architecture.json, figure.svg, summary.json, study.sqlite, README.md`),
  ].join("\n");
}
