/**
 * @file The runs that the studio shows: folders that were named on the command line, and folders in these. A page names a run by
 * an id that it was given; no path comes from outside, and nothing is read by way of a link.
 */

import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { resolve, sep } from "node:path";
import { EsnasError, InputError, type Settings } from "@esnas/core/internal";
import type { Connection } from "../files/database.js";
import { onPath } from "../files/files.js";
import { runFoldersIn } from "../run/find-runs.js";
import { SUMMARY_FILE } from "../run/run-folder.js";
import { readingStudy } from "../study/read-study.js";
import {
  candidatesAfter,
  checkedCandidate,
  checkedSettings,
  countOf,
  STUDY_FILE,
  settingsText,
} from "../study/study.js";
import { hasOwnFile, withOwnFile } from "./run-files.js";
import { type ServedModel, servedModels } from "./served-models.js";

export interface ServedRun {
  readonly id: string;
  readonly name: string;
  /** Candidates. */
  readonly count: number;
  readonly isFinished: boolean;
  readonly settings: Settings;
}

/** A folder with a study that is none of this program's, or damaged. */
export interface UnreadableRun {
  readonly name: string;
  readonly problem: string;
}

export interface ListedRuns {
  readonly runs: readonly ServedRun[];
  readonly unreadable: readonly UnreadableRun[];
}

export interface ServedRows {
  readonly count: number;
  readonly isFinished: boolean;
  /** What the run has ended with. */
  readonly models?: readonly ServedModel[];
  readonly rows: readonly unknown[];
}

/** A run that was listed. */
interface KnownRun {
  /** Real path. */
  readonly folder: string;
  readonly settings: Settings;
}

export class ServedRuns {
  readonly #roots: readonly string[];
  /**
   * By id, which is of the folder and of what its study was asked for: a folder that is removed and made again with another study
   * is another run.
   */
  readonly #known = new Map<string, KnownRun>();

  /** @param folders Of runs, or with folders of runs in them, or of sweeps. */
  constructor(folders: readonly string[]) {
    this.#roots = folders.map((folder) => resolve(folder));
  }

  /** The runs that there are now. One that links lead to several times is one. */
  list(): ListedRuns {
    const unreadable: UnreadableRun[] = [];
    const listed = this.#roots.flatMap((root) =>
      runFoldersIn(root).flatMap(({ folder, name }) => {
        try {
          return [this.#served(realFolder(folder, root), name)];
        } catch (error) {
          if (!(error instanceof EsnasError)) throw error;
          unreadable.push({ name, problem: error.message });
          return [];
        }
      }),
    );
    const runs = [...new Map(listed.toReversed().map((run) => [run.id, run])).values()].toReversed();
    return { runs, unreadable };
  }

  #served(folder: string, name: string): ServedRun {
    return readingOwnStudy(folder, (db, path) => {
      const id = idOf(folder, db);
      const settings = this.#known.get(id)?.settings ?? checkedSettings(db, path);
      this.#known.set(id, { folder, settings });
      return { id, name, count: countOf(db), isFinished: isFinished(folder), settings };
    });
  }

  /**
   * Candidates of a run in order; undefined where there is no such run, or another one in its folder.
   * @param after Candidates to leave out.
   * @param most Candidates to give.
   * @throws {InputError} where the study cannot be read.
   */
  rows(id: string, after: number, most: number): ServedRows | undefined {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    const { folder, settings } = known;
    // Asked first: a run that ends meanwhile is asked about once more.
    const hasEnded = isFinished(folder);
    const read = readingOwnStudy(folder, (db, path) =>
      idOf(folder, db) === id ? { count: countOf(db), rows: rowsOf(db, path, after, most) } : undefined,
    );
    if (read === undefined) return undefined;
    return { ...read, isFinished: hasEnded, ...(hasEnded && { models: servedModels(folder, settings) }) };
  }
}

/**
 * The real path of a folder.
 * @throws {InputError} where it is not the root that it was found in, nor below that.
 */
function realFolder(folder: string, root: string): string {
  return onPath("read", folder, () => {
    const [real, within] = [realpathSync(folder), realpathSync(root)];
    if (real === within || real.startsWith(within + sep)) return real;
    throw new InputError(`"${folder}" leads out of "${root}"`);
  });
}

function readingOwnStudy<T>(folder: string, action: (db: Connection, path: string) => T): T {
  return withOwnFile(folder, STUDY_FILE, () => readingStudy(folder, action));
}

function idOf(folder: string, db: Connection): string {
  return createHash("sha256")
    .update(`${folder}\n${settingsText(db)}`)
    .digest("hex")
    .slice(0, 16);
}

function isFinished(folder: string): boolean {
  return hasOwnFile(folder, SUMMARY_FILE);
}

function rowsOf(db: Connection, path: string, after: number, most: number): unknown[] {
  return candidatesAfter(db, after, most).map((row, i) => checkedCandidate(row, after + i + 1, path));
}
