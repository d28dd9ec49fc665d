/** @file `esnas sweep`: many searches, from a small file, as one job. */

import { setImmediate } from "node:timers/promises";
import { grouped, InfeasibleError, InputError, LOOK_AHEAD, searchOf, shellWord } from "@esnas/core/internal";
import { Command, Option } from "commander";
import { pathOf, whole, workersOption } from "../flags/options.js";
import { Interruption } from "../process/interruption.js";
import { withQueueOptions } from "../queue/address.js";
import { type OpenedService, openService, type ServiceFlags } from "../queue/service-from-flags.js";
import { print, printJson, tell } from "../report/print.js";
import { type Progress, progressOn } from "../report/progress.js";
import { wrap } from "../report/wrap.js";
import { checkFeasible } from "../run/drive-run.js";
import { analyseGroups } from "../sweep/analyses.js";
import type { SweepDatabase } from "../sweep/database.js";
import { readSweep, type SweptGroup } from "../sweep/definition.js";
import { inWordsOfFile } from "../sweep/definition-schema.js";
import { SweepProgress } from "../sweep/progress.js";
import { writeSweep } from "../sweep/result-files.js";
import { checkRuns, runSearches } from "../sweep/run-searches.js";
import { type SweepSummary, summaryOf } from "../sweep/summary.js";
import { createSweep, freeSweepFolder, openSweep, refuseTaken, SWEEP_FILE } from "../sweep/sweep-folder.js";
import { sweepText } from "../sweep/table.js";
import { EXIT, version } from "../version.js";

interface SweepFlags extends ServiceFlags {
  readonly out?: string;
  readonly resume?: string;
  readonly atOnce?: number;
  readonly random: number;
  readonly json?: boolean;
}

/** Random genotypes that groups are held against. */
const RANDOM = 500;

export function sweepCommand(): Command {
  return withQueueOptions(new Command("sweep"), "score by the workers (esnas worker) of a queue on Redis")
    .argument("[file]", "YAML or JSON: settings of esnas search, each a value or a list of values")
    .option("--out <folder>", "folder of the sweep (sweeps/<name of the file>)", pathOf("--out"))
    .option("--resume <folder>", "go on with a sweep that was stopped or killed", pathOf("--resume"))
    .addOption(workersOption())
    .option(
      "--at-once <n>",
      `searches side by side (one for each ${LOOK_AHEAD} workers, and one more; ${BY_A_QUEUE} by a queue)`,
      whole("--at-once", 1, 1024),
    )
    .addOption(
      new Option(
        "--random <n>",
        "random genotypes that the searches of each group are analysed against; 0: no analysis",
      )
        .argParser(randomOf)
        .default(RANDOM),
    )
    .option("--json", "print the summary as JSON")
    .addHelpText(
      "after",
      `
A file has the settings of esnas search by the names of its flags, each a value
or a list. Every combination is searched, with every seed:

  preset: [s0, s1]
  topology-metric: [entropic-score, naswot]
  max-evaluations: 6000
  seeds: 10                  # 0 to 9; or a list; from another one on: seed: 100

Where not all combinations are wanted, runs lists some; each has the other
settings of the file too, where it has none of its own:

  seeds: 5
  runs:
    - { max-params: 800k, max-macs: 150M }
    - { max-params: 2M, max-macs: 400M, algorithm: [cyclic, joint] }

Examples:
  $ esnas sweep sweep.yaml                        into sweeps/sweep
  $ esnas sweep sweep.json --out my-sweep --at-once 4
  $ esnas sweep sweep.yaml --queue redis://10.0.0.5   by esnas worker, on any number of machines
  $ esnas sweep --resume sweeps/sweep             after Ctrl-C, or a crash
  $ esnas analyze sweeps/sweep/runs/1-s0          what a group prefers, in detail
  $ esnas studio sweeps/sweep                     all runs, also while they go on`,
    )
    .action(runSweep);
}

function randomOf(text: string): number {
  return text.trim() === "0" ? 0 : whole("--random", 10, 1e5)(text);
}

async function runSweep(file: string | undefined, flags: SweepFlags): Promise<void> {
  const progress = await progressOn(process.stderr);
  const asked = flags.resume === undefined ? await checkedSweep(file, flags, progress) : undefined;
  const service = await openService(flags, progress.note);
  try {
    const { folder, database } = asked === undefined ? goOn(file, flags) : begin(asked);
    try {
      const finished = await madeAndAnalysed({ folder, database, service, flags, progress });
      if (finished === undefined) {
        process.exitCode = EXIT.stopped;
        return;
      }
      const { summary, files } = finished;
      const text = () => `${sweepText(summary)}\n${wrap(`${folder}: ${[...files, SWEEP_FILE, "runs/"].join(", ")}`)}`;
      if (flags.json) printJson(summary);
      else print(text());
    } finally {
      database.close();
    }
  } finally {
    await service.close();
  }
}

interface AskedSweep {
  readonly folder: string;
  readonly groups: readonly SweptGroup[];
}

interface BegunSweep {
  readonly folder: string;
  readonly database: SweepDatabase;
}

/** A begun sweep with who scores for it, and where it is seen. */
interface GoingSweep extends BegunSweep {
  readonly service: OpenedService;
  readonly flags: SweepFlags;
  readonly progress: Progress;
}

/** What a file asks for; all of its searches are checked before anything is made. */
async function checkedSweep(file: string | undefined, { out }: SweepFlags, progress: Progress): Promise<AskedSweep> {
  if (file === undefined) throw new InputError("no file of a sweep was given; see --help for what is in one");
  const groups = readSweep(file);
  const folder = out ?? freeSweepFolder(file);
  refuseTaken(folder);
  await checkAll(groups, file, progress);
  return { folder, groups };
}

function begin({ folder, groups }: AskedSweep): BegunSweep {
  return { folder, database: createSweep(folder, groups, version) };
}

function goOn(file: string | undefined, { resume = "", out }: SweepFlags): BegunSweep {
  if (file !== undefined || out !== undefined) {
    const given = file === undefined ? "--out" : `file ("${file}")`;
    throw new InputError(`--resume goes on with what the sweep was begun with and takes no ${given}`);
  }
  return { folder: resume, database: openSweep(resume, version) };
}

/** @throws {InfeasibleError} where one of the searches would find no model. */
async function checkAll(groups: readonly SweptGroup[], file: string, progress: Progress): Promise<void> {
  const searches = groups.flatMap((group) => group.seeds.map((seed) => ({ group, seed })));
  for (const [i, { group, seed }] of searches.entries()) {
    const search = searchOf({ ...group.settings, seed });
    try {
      checkFeasible(search, search.problem.constraints);
    } catch (error) {
      if (!(error instanceof InfeasibleError)) throw error;
      const varied = Object.entries(group.varied).filter(([, text]) => text !== "");
      const where = [...varied.map(([name, text]) => `${name} ${text}`), `seed ${seed}`].join(", ");
      throw new InfeasibleError(
        `"${file}": ${inWordsOfFile(error.message)} (${where}: search ${i + 1} of ${searches.length})`,
      );
    }
    progress.show(() => [`checked ${grouped(i + 1)} of ${grouped(searches.length)} searches`]);
    if (i % 10 === 9) await setImmediate();
  }
}

interface FinishedSweep {
  readonly summary: SweepSummary;
  readonly files: readonly string[];
}

/** Makes what is missing and writes the report; undefined where the user stops it. */
async function madeAndAnalysed(sweep: GoingSweep): Promise<FinishedSweep | undefined> {
  const { database, folder, flags, progress } = sweep;
  if (!(await makeSearches(sweep))) {
    progress.end("stopped; nothing is lost");
    tell(`go on with: esnas sweep --resume ${shellWord(folder)}`);
    return undefined;
  }
  const searches = database.searches();
  const onProgress = (line: string) => progress.show(() => [line]);
  const analyses =
    flags.random === 0 ? undefined : await analyseGroups(searches, { folder, random: flags.random, onProgress });
  const summary = summaryOf(searches, analyses);
  const files = await writeSweep(folder, summary);
  progress.end(`${grouped(searches.length)} searches ended`);
  return { summary, files: [...files, ...(analyses?.size ? ["analysis/"] : [])] };
}

/** Whether all searches have ended. */
async function makeSearches({ database, folder, service, flags, progress }: GoingSweep): Promise<boolean> {
  const searches = database.searches();
  const interruption = new Interruption(() => void service.abandon());
  const view = new SweepProgress(searches, () => service.workers());
  const show = () =>
    progress.show(() => {
      const waiting = service.waitsFor();
      return [...view.lines(), ...(waiting === undefined ? [] : [waiting])];
    });
  const showing = setInterval(show, 1000);
  try {
    checkRuns(folder, searches);
    return await runSearches(database, searches, {
      folder,
      service,
      atOnce: flags.atOnce ?? sideBySide(flags),
      shouldStop: () => interruption.isAsked,
      observer: {
        begun: (search) => view.begun(search),
        ended: (...search) => view.ended(...search),
        evaluated(...evaluation) {
          view.evaluated(...evaluation);
          show();
        },
      },
    });
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${error.message}; go on with --resume ${folder}`);
    throw error;
  } finally {
    clearInterval(showing);
    interruption.end();
  }
}

/** Searches side by side where a queue has any number of workers. */
const BY_A_QUEUE = 8;

/** Searches that keep the workers busy: each asks only so far ahead, and one waits for its last candidates, or scores sizes. */
function sideBySide({ queue, workers }: SweepFlags): number {
  return queue === undefined ? Math.ceil(workers / LOOK_AHEAD) + 1 : BY_A_QUEUE;
}
