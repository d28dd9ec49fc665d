/**
 * @file The folder of a run. It appears with its study in it, all at once; the files of the result are written when the
 * search has ended, each whole or not at all.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type Architecture,
  figureSvg,
  type Genotype,
  graphOf,
  InputError,
  onnxModel,
  randomWeights,
  runName,
  type Search,
  type Settings,
  titleOfRun,
  toJson,
} from "@esnas/core/internal";
import { onPath, refuseExisting, writeWhole } from "../files/files.js";
import { freeName, makeFolder } from "../files/folders.js";
import { ARCHITECTURE_FILE } from "../files/genotype-file.js";
import { checkPlugins } from "../plugins/plugins.js";
import { STUDY_FILE, Study } from "../study/study.js";
import { version } from "../version.js";
import { runReadme } from "./readme.js";
import type { Summary } from "./summary.js";

/** The last file of a result: a run that has it has ended. */
export const SUMMARY_FILE = "summary.json";

/** The first free of `runs/s0-96px-2c-seed0`, `runs/s0-96px-2c-seed0-2`, ... */
export function freeFolder(settings: Settings): string {
  return freeName(join("runs", `${runName(settings)}-seed${settings.seed}`));
}

/** The folder of a run that the user names; one that exists is refused when the run is made. */
export function namedFolder(name: string): string {
  return join("runs", name);
}

/**
 * Makes the folder of a new run with its study.
 * @throws {InputError} where it exists or cannot be made.
 */
export function createRun(folder: string, settings: Settings, version: string): Study {
  refuseExisting(folder, "choose another --out, or go on with it by --resume");
  makeFolder(folder, (beside) => Study.create(join(beside, STUDY_FILE), settings, version));
  return openRun(folder, version);
}

/**
 * Opens the study of an earlier run.
 * @throws {InputError} where there is none, or none that can be gone on with.
 */
export function openRun(folder: string, version: string): Study {
  onPath("open the run", folder, () => statSync(folder));
  const path = join(folder, STUDY_FILE);
  if (!existsSync(path)) throw new InputError(`"${folder}" is not the folder of a run: it holds no ${STUDY_FILE}`);
  const study = Study.open(path, version);
  try {
    checkPlugins(study.settings, folder);
  } catch (error) {
    study.close();
    throw error;
  }
  return study;
}

export interface RunResult {
  readonly search: Search;
  readonly best: Genotype;
  readonly architecture: Architecture;
  readonly summary: Summary;
}

/** Writes the files of the result; the summary comes last and says that the others are there. */
export function writeResult(folder: string, { search, best, architecture, summary }: RunResult): void {
  const { settings } = search;
  const title = titleOfRun(settings);
  const files: Readonly<Record<string, string | Uint8Array>> = {
    ...modelFiles(search, best, architecture, title),
    "README.md": runReadme(settings, summary),
    [SUMMARY_FILE]: `${JSON.stringify(summary, undefined, 2)}\n`,
  };
  writeWhole(Object.entries(files).map(([name, content]) => ({ path: join(folder, name), content })));
}

/** What a model is as files, by their names. */
export function modelFiles(
  { settings: { seed }, space }: Search,
  best: Genotype,
  architecture: Architecture,
  title: string,
): Readonly<Record<string, string | Uint8Array>> {
  const genotype = toJson(space, best);
  const subtitle = `found by esnas without training, seed ${seed}`;
  return {
    [ARCHITECTURE_FILE]: `${JSON.stringify(genotype, undefined, 2)}\n`,
    "model.onnx": onnxModel(graphOf(architecture), randomWeights(seed), { genotype, version }),
    "figure.svg": figureSvg(architecture, { title, subtitle }),
  };
}
