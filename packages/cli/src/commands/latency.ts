/** @file `esnas latency`: what networks take on this machine, in turns, and the profile from which searches predict it. */

import { DEFAULT_SPACE, hybridSpace, type ImageSize, InputError, largest } from "@esnas/core/internal";
import { Command } from "commander";
import { checkProfileTarget, defaultProfile, writeProfileFile } from "../files/latency-profile-file.js";
import { isOnnxFile } from "../files/onnx-file.js";
import { imageSize, parallel, pathOf, seedOption, whole } from "../flags/options.js";
import { OF_NETWORK, refuseTask, spaceOptionsOf, type TaskFlags, withTaskOptions } from "../flags/task.js";
import { calibrate } from "../latency/calibrate.js";
import { type Measurement, measureInTurns } from "../latency/measure.js";
import { partsTable, profileReport, timesTable } from "../latency/report.js";
import { subjectOfModel, subjectOfPath } from "../latency/subject.js";
import { guarded } from "../process/guard.js";
import { stoppable } from "../process/interruption.js";
import { isGuarded } from "../process/watched.js";
import { print, printJson } from "../report/print.js";
import { progressOn } from "../report/progress.js";
import { wrap } from "../report/wrap.js";
import { describeMachine } from "../runtime/machine.js";

interface LatencyFlags extends TaskFlags {
  readonly models?: string;
  readonly size?: ImageSize;
  readonly batch?: number;
  readonly threads: number;
  readonly runs: number;
  readonly warmUp: number;
  readonly calibrate?: boolean;
  readonly networks: number;
  readonly passes: number;
  readonly profile?: string;
  readonly force?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

export function latencyCommand(): Command {
  const command = new Command("latency")
    .argument("[networks...]", "JSON files of genotypes, folders of runs, .onnx files")
    .option("--models <list>", "published models, separated by commas: edgenext_xxs,mobilevit_xxs");
  return withTaskOptions(command, OF_NETWORK)
    .option(
      "--size <size>",
      "pixels of ONNX files too, 224 or height x width, 224x320 (default: the network's own, or 224)",
      imageSize("--size", 8),
    )
    .option("--batch <n>", "images a run (default: 1, or what the file fixes)", whole("--batch", 1, 1024))
    .option("--threads <n>", "threads of ONNX Runtime", parallel("--threads"), 1)
    .option("--runs <n>", "runs of each network that count", whole("--runs", 1, 1e6), 50)
    .option("--warm-up <n>", "runs before them that do not", whole("--warm-up", 0, 1e6), 5)
    .option("--calibrate", "measure the blocks of random networks, and write a profile for esnas search --max-latency")
    .option("--networks <n>", "random networks to calibrate with", whole("--networks", 10, 10_000), 80)
    .option("--passes <n>", "times that each of them is measured, far apart", whole("--passes", 1, 100), 3)
    .option("--profile <file>", "file of the profile (latency/<processor>-<threads>.json)", pathOf("--profile"))
    .option("--force", "write over a profile that exists")
    .addOption(seedOption())
    .option("--json", "print what was measured as JSON")
    .addHelpText(
      "after",
      `
Several networks are run in turns, so that a noisy machine does not decide
their order. Ctrl-C ends with what was measured by then.

Examples:
  $ esnas latency runs/s0-seed0
  $ esnas latency runs/s0-seed0 --models edgenext_xxs,mobilevit_xxs --size 256
  $ esnas latency model.onnx --threads 2 --batch 4 --runs 200 --json
  $ esnas latency runs/s0-seed0 --input 1x96x96 --classes 2
  $ esnas latency --calibrate                        two minutes, once a machine`,
    )
    .action(runLatency);
}

async function runLatency(paths: readonly string[], flags: LatencyFlags): Promise<void> {
  const names = flags.models === undefined ? [] : flags.models.split(",").map((name) => name.trim());
  if (flags.calibrate) {
    if (paths.length + names.length > 0) {
      throw new InputError("--calibrate draws its networks itself: give no others");
    }
    await runCalibration(flags);
    return;
  }
  if (paths.length + names.length === 0) {
    throw new InputError("nothing to measure: give networks, --models NAMES, or --calibrate");
  }
  if (flags.profile !== undefined) throw new InputError("--profile is where --calibrate writes: give both");
  const files = paths.filter(isOnnxFile);
  if (files.length > 0 && !isGuarded()) {
    await guarded(files);
    return;
  }
  if (files.length > 0) refuseTask(flags, "are of genotypes and published models: of an ONNX file, give --size");
  const task = taskFlagsOf(flags);
  const subjects = [
    ...paths.map((path) => subjectOfPath(path, task)),
    ...names.map((name) => subjectOfModel(name, task)),
  ];
  await stoppable(async (interruption) => {
    const progress = await progressOn(process.stderr);
    const measured = await measureInTurns(subjects, {
      ...flags,
      shouldStop: () => interruption.isAsked,
      onProgress: (what, done, of) => progress.show(() => [`${what}: ${done} of ${of}`]),
    });
    const most = Math.max(0, largest(measured.map(({ runs }) => runs)));
    progress.end(interruption.isAsked ? `stopped after ${most} runs of each` : `${most} runs of each`);
    if (most > 0) await printTimes(measured, flags, !interruption.isAsked);
  });
}

/** `--size` is `--resolution` under its older name, which ONNX files have too. */
function taskFlagsOf({ size, input, resolution, classes, stem }: LatencyFlags): TaskFlags {
  if (size !== undefined && (input ?? resolution) !== undefined) {
    throw new InputError("--size, --input and --resolution exclude each other: give one of them");
  }
  const pixels = resolution ?? size;
  return {
    ...(input && { input }),
    ...(pixels && { resolution: pixels }),
    ...(classes !== undefined && { classes }),
    ...(stem !== undefined && { stem }),
  };
}

async function printTimes(
  measured: readonly Measurement[],
  { batch, threads, warmUp, json }: LatencyFlags,
  isWhole: boolean,
): Promise<void> {
  const machine = await describeMachine();
  if (json) {
    const settings = { ...(batch !== undefined && { batch }), threads, warmUp };
    printJson({ machine, settings, networks: measured });
    return;
  }
  const batches = new Set(measured.map(({ input: [images = 1] }) => images));
  const ran = `batch ${[...batches].join(", ")}, threads ${threads}`;
  const where = `${machine.cpu}, ${machine.cores} cores, ${machine.runtime}; ${ran}`;
  const parts = isWhole ? measured.map((network) => partsTable(network)) : [];
  print([timesTable(measured), wrap(where), ...parts].join("\n\n"));
}

async function runCalibration(flags: LatencyFlags): Promise<void> {
  const path = flags.profile ?? defaultProfile(flags.threads);
  const task = taskFlagsOf(flags);
  const [side, width] = task.resolution ?? task.input?.slice(1) ?? [];
  if (side !== width) throw new InputError("--calibrate takes one length for height and width: give --size 224");
  const space = hybridSpace(spaceOptionsOf(DEFAULT_SPACE, task));
  checkProfileTarget(path, flags.force ?? false);
  await stoppable(async (interruption) => {
    const progress = await progressOn(process.stderr);
    const profile = await calibrate({
      ...flags,
      space,
      batch: flags.batch ?? 1,
      size: side ?? 256,
      ...(side !== undefined && { sizeOfModels: side }),
      shouldStop: () => interruption.isAsked,
      onProgress: (done, of) => progress.show(() => [`${done} of ${of} measurements of networks`]),
    });
    if (profile === undefined) {
      progress.end("stopped; no profile was written");
      return;
    }
    writeProfileFile(path, profile);
    progress.end(`${path} is written`);
    if (flags.json) printJson({ file: path, profile });
    else print(profileReport(path, profile));
  });
}
