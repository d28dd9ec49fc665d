/** @file `esnas analyze`: what searches prefer, against random genotypes within the same budget. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DEFAULT_SPACE,
  duration,
  grouped,
  InputError,
  runName,
  type Settings,
  searchArguments,
  shellWord,
} from "@esnas/core/internal";
import { Command } from "commander";
import { type Runs, readRuns } from "../analysis/finished-runs.js";
import { randomGenotypes } from "../analysis/random-genotypes.js";
import { checkAnalysisFolder, writeAnalysis } from "../analysis/result-files.js";
import { makeSearches, runFolderOf } from "../analysis/run-searches.js";
import { ANALYZE, analyse } from "../analysis/summary.js";
import { analysisText } from "../analysis/table.js";
import { pathOf, whole, workersOption } from "../flags/options.js";
import { type SearchSettingsFlags, settingsOf, withSearchSettings } from "../flags/search-settings.js";
import { givenSpace } from "../flags/space.js";
import { Interruption } from "../process/interruption.js";
import { print, printJson } from "../report/print.js";
import { type Progress, progressOn } from "../report/progress.js";
import { wrap } from "../report/wrap.js";
import { runFoldersIn } from "../run/find-runs.js";
import { STUDY_FILE } from "../study/study.js";
import { EXIT } from "../version.js";

interface AnalyzeFlags extends SearchSettingsFlags {
  readonly seeds?: number;
  readonly top: number;
  readonly random: number;
  readonly resamples: number;
  readonly workers: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function analyzeCommand(): Command {
  const command = new Command("analyze")
    .argument("[folders...]", "folders of finished runs that differ in their seeds alone, or with such folders in them")
    .option("--seeds <n>", "make so many searches, of seeds from --seed on", whole("--seeds", 2, 10_000));
  return withSearchSettings(command)
    .option("--top <n>", "candidates of each search that are counted", whole("--top", 1, 1000), 10)
    .option("--random <n>", "random genotypes within the budget", whole("--random", 10, 1e5), 500)
    .option("--resamples <n>", "bootstrap resamples behind the intervals", whole("--resamples", 2, 1e6), 1000)
    .addOption(workersOption())
    .option(
      "--out <folder>",
      "folder of the result (default: by what is asked for, analysis/s0), and of its runs",
      pathOf("--out"),
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Give folders of runs, or --seeds and the options of a search; what of those
searches has been made already, in the folder of the result, is not made again.

Examples:
  $ esnas analyze --space hybrid --preset s0 --seeds 20
  $ esnas analyze --seeds 20 --topology-metric naswot --out analysis/naswot
  $ esnas analyze runs/s0-seed0 runs/s0-seed1 runs/s0-seed2 --json`,
    )
    .action(runAnalyze);
}

async function runAnalyze(folders: readonly string[], flags: AnalyzeFlags, command: Command): Promise<void> {
  const { top, resamples, seed } = flags;
  const searches = folders.length === 0 ? searchesOf(flags) : foldersAlone(command);
  const given = folders.length === 0 ? undefined : readRuns(folders.flatMap(runsIn), top);
  const settings = given?.settings ?? searches[0];
  if (settings === undefined) throw new Error("no search to look at");
  const folder = flags.out ?? join("analysis", runName(settings));
  checkAnalysisFolder(folder);
  const progress = await progressOn(process.stderr);
  const began = performance.now();
  const runs = given ?? (await makeRuns(searches, folder, flags, progress));
  if (runs === undefined) {
    process.exitCode = EXIT.stopped;
    return;
  }
  const random = await randomGenotypes(runs, flags.random, seed, (drawn) => {
    progress.show(() => [`${grouped(drawn)} of ${grouped(flags.random)} random genotypes`]);
  });
  const analysis = analyse(runs, { command: commandOf(folders, settings, flags), top, random, resamples, seed });
  const files = await writeAnalysis(folder, analysis);
  progress.end(
    `${runs.runs.length === 1 ? "1 search" : `${runs.runs.length} searches`}, ${grouped(random.length)} random genotypes (${duration((performance.now() - began) / 1000)})`,
  );
  const text = () => `${analysisText(analysis.summary)}\n${wrap(`${folder}: ${files.join(", ")}`)}`;
  if (flags.json) printJson(analysis.summary);
  else print(text());
}

/** What holds no runs is told of as it was named. */
function runsIn(folder: string): string[] {
  if (existsSync(join(folder, STUDY_FILE))) return [folder];
  const runs = runFoldersIn(folder).map((run) => run.folder);
  return runs.length === 0 ? [folder] : runs;
}

function searchesOf(flags: AnalyzeFlags): Settings[] {
  if (flags.seeds === undefined) throw new InputError("nothing to look at: give folders of runs, or --seeds N");
  const { name } = givenSpace(flags.space);
  if (name !== DEFAULT_SPACE) {
    throw new InputError(`analyze looks at the space "${DEFAULT_SPACE}", was given "${name}"`);
  }
  return Array.from({ length: flags.seeds }, (_, i) => settingsOf({ ...flags, seed: flags.seed + i }));
}

/** The options that do not say what is searched for. */
const OF_ANALYSIS = ["top", "random", "resamples", "workers", "seed", "out", "json"];

/** @throws {InputError} where folders are given beside options of a search. */
function foldersAlone(command: Command): Settings[] {
  const others = command.options
    .filter((option) => !OF_ANALYSIS.includes(option.attributeName()))
    .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  if (others.length > 0) {
    throw new InputError(`runs have been made and take no ${others.map(({ long }) => long).join(", ")}`);
  }
  return [];
}

/** Makes the searches that are missing, and reads them; undefined where they were stopped. */
async function makeRuns(
  searches: readonly Settings[],
  folder: string,
  { workers, top }: AnalyzeFlags,
  progress: Progress,
): Promise<Runs | undefined> {
  const stopping = new AbortController();
  const interruption = new Interruption(() => stopping.abort());
  try {
    const isDone = await makeSearches(searches, folder, {
      workers,
      stopped: stopping.signal,
      onProgress: (done, seed, line) => {
        progress.show(() => [`${done} of ${searches.length} searches ended`, `seed ${seed}: ${line}`]);
      },
    });
    if (isDone) {
      return readRuns(
        searches.map(({ seed }) => runFolderOf(folder, seed)),
        top,
      );
    }
    progress.end("stopped; nothing is lost: the same command goes on from there");
    return undefined;
  } finally {
    interruption.end();
  }
}

/** All that the result follows from. */
function commandOf(folders: readonly string[], settings: Settings, flags: AnalyzeFlags): string {
  const { seeds, top, random, resamples, seed } = flags;
  const counts = Object.entries({ top, random, resamples }).flatMap(([name, n]) => [`--${name}`, String(n)]);
  const made =
    folders.length > 0
      ? [...folders, "--seed", String(seed)]
      : ["--seeds", String(seeds), ...searchArguments({ ...settings, seed })];
  return [...ANALYZE.split(" "), ...made, ...counts].map(shellWord).join(" ");
}
