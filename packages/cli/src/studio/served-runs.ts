/**
 * @file The runs that the studio shows: folders that were named on the command line, and folders in these. A page names a run by
 * an id that it was given; no path comes from outside.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { EsnasError, type Settings, toJson } from "@esnas/core";
import { ARCHITECTURE_FILE, readGenotypeFile } from "../files.js";
import { SUMMARY_FILE } from "../run/run-folder.js";
import { runFoldersIn } from "../run/run-folders.js";
import { readingStudy, type StudyConnection } from "../study/reading.js";
import { candidateRow, checkedSettings } from "../study/study.js";

export interface ServedRun {
  readonly id: string;
  readonly name: string;
  /** Candidates. */
  readonly count: number;
  readonly isFinished: boolean;
  readonly settings: Settings;
}

export interface ServedRows {
  readonly count: number;
  readonly isFinished: boolean;
  /** Genotype that the run has ended with, as JSON. */
  readonly result?: unknown;
  readonly rows: readonly unknown[];
}

export class ServedRuns {
  readonly #roots: readonly string[];
  /** By id. */
  readonly #folders = new Map<string, string>();
  /** By folder; they never change. */
  readonly #settings = new Map<string, Settings>();

  /** @param folders Of runs, or with folders of runs in them, or of sweeps. */
  constructor(folders: readonly string[]) {
    this.#roots = folders.map((folder) => resolve(folder));
  }

  /** The runs that there are now; what cannot be read is none. */
  list(): ServedRun[] {
    return this.#roots.flatMap(runFoldersIn).flatMap(({ folder, name }) => {
      const id = createHash("sha256").update(folder).digest("hex").slice(0, 16);
      try {
        const { settings, count } = readingStudy(folder, (db, path) => {
          return { settings: this.#settingsOf(folder, db, path), count: countOf(db) };
        });
        this.#folders.set(id, folder);
        return [{ id, name, count, isFinished: isFinished(folder), settings }];
      } catch (error) {
        if (error instanceof EsnasError) return [];
        throw error;
      }
    });
  }

  /**
   * Candidates of a run in order; undefined where there is no such run.
   * @param after Candidates to leave out.
   * @param most Candidates to give.
   * @throws {InputError} where the study cannot be read.
   */
  rows(id: string, after: number, most: number): ServedRows | undefined {
    const folder = this.#folders.get(id);
    if (folder === undefined) return undefined;
    // Asked first: a run that ends meanwhile is asked about once more.
    const hasEnded = isFinished(folder);
    const read = readingStudy(folder, (db) => ({ count: countOf(db), rows: rowsOf(db, after, most) }));
    const architecture = join(folder, ARCHITECTURE_FILE);
    if (!hasEnded || !existsSync(architecture)) return { ...read, isFinished: hasEnded };
    const { space, genotype } = readGenotypeFile(architecture);
    return { ...read, isFinished: hasEnded, result: toJson(space, genotype) };
  }

  #settingsOf(folder: string, db: StudyConnection, path: string): Settings {
    const known = this.#settings.get(folder) ?? checkedSettings(db, path);
    this.#settings.set(folder, known);
    return known;
  }
}

function isFinished(folder: string): boolean {
  return existsSync(join(folder, SUMMARY_FILE));
}

function countOf(db: StudyConnection): number {
  const [count] = db.prepare("SELECT COUNT(*) FROM candidates").raw().get() as [number];
  return count;
}

const sentRow = candidateRow.transform(({ milliseconds, ...row }) => ({ ...row, milliseconds: milliseconds ?? 0 }));

function rowsOf(db: StudyConnection, after: number, most: number): unknown[] {
  const rows = db
    .prepare(
      `SELECT genotype, phase, cycle, scores, parameters, macs, milliseconds FROM candidates LEFT JOIN timings USING (id)
        WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .all(after, most);
  return rows.map((row) => sentRow.parse(row));
}
