/**
 * @file What is looked at of finished searches: of each the model that it found, and the candidates that its last phases scored
 * highest. Topologies are those of the last topology phase, which had sizes of one kind; sizes those of the last size phase,
 * which had one topology. A search that evolves both at once gives both.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  averageRanks,
  type Genotype,
  InputError,
  keyOf,
  type Objective,
  objectiveOf,
  type Role,
  readGenotype,
  type Scores,
  type Settings,
  type Space,
  spaceOf,
} from "@esnas/core/internal";
import { z } from "zod";
import { type Connection, select, selectValue } from "../files/database.js";
import { readGenotypeFile } from "../files/genotype-file.js";
import { checkPlugins } from "../plugins/plugins.js";
import { SUMMARY_FILE } from "../run/run-folder.js";
import { readingStudy } from "../study/read-study.js";
import { candidateRow, checkedSettings, parsed } from "../study/study.js";

export interface FinishedRun {
  readonly folder: string;
  readonly settings: Settings;
  /** The model found, then what was scored highest beside it; no network twice. */
  readonly top: Readonly<Record<Role, readonly Genotype[]>>;
}

/** What searches that are looked at together have in common: all but the seed. */
export interface Runs {
  readonly space: Space;
  /** Of the first; the seed is its own. */
  readonly settings: Settings;
  readonly runs: readonly FinishedRun[];
}

/**
 * Reads the folders of finished runs.
 * @param top Candidates of each.
 * @throws {InputError} where one is no finished run, or they differ in more than their seeds.
 */
export function readRuns(folders: readonly string[], top: number): Runs {
  const runs = folders.map((folder) => readRun(folder, top));
  const [first, ...others] = runs;
  if (first === undefined) throw new Error("no run to look at");
  const seeds = new Map<number, string>();
  for (const { folder, settings } of runs) {
    const earlier = seeds.get(settings.seed);
    if (earlier !== undefined) throw new InputError(`"${folder}" and "${earlier}" are runs of the same seed`);
    seeds.set(settings.seed, folder);
  }
  for (const other of others) {
    const differing = differingSetting(first.settings, other.settings);
    if (differing !== undefined) {
      throw new InputError(`"${other.folder}" and "${first.folder}" differ in more than their seeds: in ${differing}`);
    }
  }
  return { space: spaceOf(first.settings.space, first.settings.spaceOptions), settings: first.settings, runs };
}

/** The first setting, but for the seed, in which two searches differ. */
export function differingSetting(a: Settings, b: Settings): string | undefined {
  const text = (settings: Settings, key: keyof Settings) =>
    JSON.stringify(key === "plugins" ? settings.plugins?.map(({ digest }) => digest) : settings[key]);
  return (Object.keys({ ...a, ...b }) as (keyof Settings)[]).find(
    (key) => key !== "seed" && key !== "spaceFile" && text(a, key) !== text(b, key),
  );
}

/**
 * What the run in a folder was asked for, and whether it has ended.
 * @throws {InputError} where there is no run.
 */
export function inspectRun(folder: string): { readonly settings: Settings; readonly isFinished: boolean } {
  return withStudy(folder, (_, settings) => ({ settings, isFinished: existsSync(join(folder, SUMMARY_FILE)) }));
}

function withStudy<T>(folder: string, action: (db: Connection, settings: Settings) => T): T {
  return readingStudy(folder, (db, path) => action(db, checkedSettings(db, path)));
}

function readRun(folder: string, top: number): FinishedRun {
  return withStudy(folder, (db, settings) => {
    checkPlugins(settings, folder);
    if (settings.space !== "hybrid") {
      throw new InputError(
        `"${folder}" is a run in the space "${settings.space}"; analyze looks at the space "hybrid"`,
      );
    }
    if (settings.front !== undefined) {
      throw new InputError(`"${folder}" is a run of several budgets; analyze looks at searches of one`);
    }
    if (!existsSync(join(folder, SUMMARY_FILE))) {
      throw new InputError(`the run in "${folder}" has not ended; end it with: esnas search --resume ${folder}`);
    }
    const { space, genotype } = readGenotypeFile(folder);
    const objectives = {
      topology: objectiveOf(settings.topologyMetric),
      size: objectiveOf(settings.sizeMetric),
    };
    const isCyclic = settings.algorithm === "cyclic";
    const best = (role: Role) =>
      isCyclic
        ? highest(db, folder, role, [objectives[role]], top)
        : highest(db, folder, settings.algorithm, Object.values(objectives), top);
    const withFound = (role: Role) => distinctOf(space, [genotype, ...best(role)]).slice(0, top);
    return { folder, settings, top: { topology: withFound("topology"), size: withFound("size") } };
  });
}

/** Of the last cycle of a phase, what has the largest sum of ranks by the objectives; of equals, the earlier. */
function highest(
  db: Connection,
  folder: string,
  phase: string,
  objectives: readonly Objective[],
  top: number,
): Genotype[] {
  const candidates = [...scoresOf(db, folder, phase)];
  const columns = objectives.map(({ merits }) => averageRanks(merits(candidates.map(({ scores }) => scores))));
  const places = candidates.map((_, i) => columns.reduce((sum, column) => sum + (column[i] ?? 0), 0));
  return [...candidates.keys()]
    .sort((a, b) => (places[b] ?? 0) - (places[a] ?? 0))
    .slice(0, top)
    .map((i) => {
      const text = selectValue(db, "genotype", "FROM candidates WHERE id = ?", candidates[i]?.id);
      return readGenotype(parsed(String(text))).genotype;
    });
}

/** Rows that are read at once. */
const ROWS_AT_ONCE = 2000;

const scoresRow = candidateRow.pick({ scores: true }).extend({ id: z.int() });

/** The scores of the last cycle of a phase in order, read a few at a time: genotypes take ten times as much memory. */
function* scoresOf(db: Connection, folder: string, phase: string): Generator<{ id: number; scores: Scores }> {
  const cycle = selectValue(db, "MAX(cycle)", "FROM candidates WHERE phase = ?", phase);
  const rest = `FROM candidates WHERE phase = ? AND cycle = ? AND id > ? ORDER BY id LIMIT ${ROWS_AT_ONCE}`;
  for (let last = 0; ; ) {
    const rows = select(db, ["id", "scores"], rest, phase, cycle, last);
    if (rows.length === 0) return;
    for (const row of rows) {
      const { success, data } = scoresRow.safeParse(row);
      if (!success) throw new InputError(`"${folder}": a candidate is not of the form that this program writes`);
      last = data.id;
      yield { id: data.id, scores: data.scores as Scores };
    }
  }
}

function distinctOf(space: Space, genotypes: readonly Genotype[]): Genotype[] {
  return [...new Map(genotypes.map((genotype) => [keyOf(space, genotype), genotype])).values()];
}
