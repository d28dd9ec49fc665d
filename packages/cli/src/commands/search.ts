/** @file `esnas search`: from a budget to a model, in a folder of its own. */

import {
  type Asking,
  constraintsAt,
  costWords,
  duration,
  type Front,
  frontOf,
  grouped,
  InfeasibleError,
  InputError,
  type Search,
  scoreText,
  searchOf,
  shellWord,
  stageColumns,
  stageRows,
  startFront,
  taskInWords,
  taskOfSpace,
} from "@esnas/core/internal";
import { Command } from "commander";
import { pathOf, presetHelp, workersOption } from "../flags/options.js";
import {
  type FrontSettingsFlags,
  frontSettingsOf,
  withFrontOptions,
  withSearchSettings,
} from "../flags/search-settings.js";
import { Interruption } from "../process/interruption.js";
import { withQueueOptions } from "../queue/address.js";
import { type OpenedService, openService, type ServiceFlags } from "../queue/service-from-flags.js";
import { print, printJson, tell } from "../report/print.js";
import { type Progress, progressOn } from "../report/progress.js";
import { frontView, type SearchView, searchView } from "../report/search-view.js";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import { checkFeasible, driveRun, finish, foundBy, type Run, type StartedRun } from "../run/drive-run.js";
import { writeFront } from "../run/front-folder.js";
import { frontReport } from "../run/front-report.js";
import { type FoundPoint, frontSummary } from "../run/front-summary.js";
import { createRun, freeFolder, namedFolder, openRun } from "../run/run-folder.js";
import { costsInWords, type Summary } from "../run/summary.js";
import { serviceEvaluator } from "../scoring/scoring-service.js";
import { EXIT, version } from "../version.js";

/** Milliseconds after which signals get their turn. */
const TURN = 50;

interface SearchFlags extends FrontSettingsFlags, ServiceFlags {
  readonly out?: string;
  readonly name?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

export function searchCommand(): Command {
  return withQueueOptions(
    withFrontOptions(withSearchSettings(new Command("search"))),
    "score by the workers (esnas worker) of a queue on Redis",
  )
    .option(
      "--out <folder>",
      "folder of the run (default: by what is asked for, runs/s0-96px-2c-seed0)",
      pathOf("--out"),
    )
    .option("--name <name>", "name of the run: its folder is runs/<name>", nameOfRun)
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
Presets:
${presetHelp()}

Examples:
  $ esnas search                                              ESFormer-S0, into runs/s0-seed0
  $ esnas search --preset s1 --seed 3 --out my-s1
  $ esnas search --resolution 96 --classes 2 --name cats      into runs/cats; without --name runs/s0-96px-2c-seed0
  $ esnas search --preset mcu                                 visual wake words, within a microcontroller's memory
  $ esnas search --max-params 800k --max-macs 150M --classes 10 --resolution 128
  $ esnas search --preset s0 --input 1x64x96 --classes 2      small grey images: the stem is chosen for them
  $ esnas search --max-latency 8ms --max-params 2M            after esnas latency --calibrate
  $ esnas search --topology-metric naswot --size-metric 'logsynflow(normalisation=divide)'
  $ esnas search --topology-metric 'rank(entropic-score,naswot)'
  $ esnas search --repeats 4                                  the mean of four random weights; the best by 32
  $ esnas search --front macs --max-macs 1.5G --points 8      a table, a chart and a folder of models
  $ esnas search --queue redis://10.0.0.5                     by esnas worker on any number of machines
  $ esnas search --resume runs/s0-seed0                       after Ctrl-C, or a crash`,
    )
    .action(runSearch);
}

/** A name that is one folder, on every file system. */
function nameOfRun(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(text)) return text;
  throw new InputError(
    `--name takes letters, digits, dots, dashes and underscores, such as cats-96px, was given "${text.slice(0, 60)}" (for a path there is --out)`,
  );
}

async function runSearch(flags: SearchFlags, command: Command): Promise<void> {
  const progress = await progressOn(process.stderr);
  const service = await openService(flags, progress.note);
  const waiting = setInterval(() => {
    const words = service.waitsFor();
    if (words !== undefined) progress.show(() => [words]);
  }, 1000);
  try {
    const { folder, study, search } = flags.resume === undefined ? begin(flags) : resume(flags.resume, command);
    if (flags.resume === undefined) progress.note(taskInWords(taskOfSpace(search.space)));
    try {
      const evaluator = serviceEvaluator(search.space, service, search.settings.seed);
      const front = frontOf(search.settings);
      const run: ShownRun = { folder, study, search, evaluator, service, progress, workers: service.workers() };
      const result = await (front === undefined ? modelOf(run) : modelsOf(run, front));
      if (result === undefined) {
        process.exitCode = EXIT.stopped;
        return;
      }
      if (flags.json) printJson(result.summary);
      else print(result.report);
    } finally {
      study.close();
    }
  } finally {
    clearInterval(waiting);
    await service.close();
  }
}

/** A run with who scores for it, and where it is seen. */
interface ShownRun extends Run {
  readonly service: OpenedService;
  readonly progress: Progress;
}

/** What a run has found, for programs and for people. */
interface Result {
  readonly summary: unknown;
  readonly report: string;
}

/** The model for one budget; undefined where the user stops the search. */
async function modelOf(run: ShownRun): Promise<Result | undefined> {
  const { search, folder, service } = run;
  const outcome = await shownToItsEnd(run, search.start(), searchView(search.settings, service.workers));
  if (outcome === undefined) return undefined;
  const summary = await finish({ ...run, workers: service.workers() }, outcome);
  return { summary, report: report(summary, folder) };
}

/** The models of a front; undefined where the user stops its search. */
async function modelsOf(run: ShownRun, front: Front): Promise<Result | undefined> {
  const { search, study, folder, service } = run;
  const points = await shownToItsEnd(
    run,
    startFront(search, front),
    frontView(search.settings, front, service.workers),
  );
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
function begin(flags: SearchFlags): StartedRun {
  if (flags.out !== undefined && flags.name !== undefined) {
    throw new InputError("--out is a folder, --name names one in runs/: give one of them");
  }
  const settings = frontSettingsOf(flags);
  const search = searchOf(settings);
  const front = frontOf(settings);
  if (front === undefined) checkFeasible(search, search.problem.constraints);
  else checkBudgets(search, front);
  const folder = flags.out ?? (flags.name === undefined ? freeFolder(settings) : namedFolder(flags.name));
  return { folder, study: createRun(folder, settings, version), search };
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

function resume(folder: string, command: Command): StartedRun {
  const others = command.options
    .filter((option) => !["resume", "workers", "queue", "prefix", "json", "plugin"].includes(option.attributeName()))
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

/** Drives a search to its end, or to where the user stops it. */
async function shownToItsEnd<T>(run: ShownRun, asking: Asking<T>, view: SearchView<T>): Promise<T | undefined> {
  const { progress, service } = run;
  const interruption = new Interruption(() => void service.abandon());
  try {
    const result = await driveRun(run, asking, {
      onEvaluation(...evaluation) {
        view.note(...evaluation);
        progress.show(view.lines);
      },
      shouldStop: () => interruption.isAsked,
      turn: TURN,
    });
    progress.end(result === undefined ? "stopped; nothing is lost" : `search ended: ${view.ending(result)}`);
    if (result === undefined) tell(`go on with: esnas search --resume ${shellWord(run.folder)}`);
    return result;
  } finally {
    interruption.end();
  }
}

function report(summary: Summary, folder: string): string {
  const { scores, evaluations, seconds } = summary;
  const made = Object.entries(evaluations).filter(([, n]) => n > 0);
  return [
    textTable(stageColumns, stageRows(summary.stages)),
    "",
    wrap(
      `${costsInWords(summary)}, ${Object.entries(scores)
        .map(([metric, score]) => `${metric} ${scoreText(score)}`)
        .join(", ")}`,
    ),
    wrap(`for ${taskInWords(summary.task)}`),
    wrap(
      `${made.map(([phase, n]) => `${n} ${phase}`).join(" and ")} evaluations in ${duration(seconds.total ?? 0)}, without training`,
    ),
    wrap(`${folder}: model.onnx, architecture.json, figure.svg, summary.json, study.sqlite, README.md`),
  ].join("\n");
}
