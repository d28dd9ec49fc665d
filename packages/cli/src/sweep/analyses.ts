/** @file `esnas analyze` of the groups of a sweep: those that searched the hybrid space with several seeds. */

import { join } from "node:path";
import { DEFAULT_SPACE, type Genotype, grouped, shellWord } from "@esnas/core/internal";
import { type Runs, readRuns } from "../analysis/finished-runs.js";
import { randomGenotypes } from "../analysis/random-genotypes.js";
import { writeAnalysis } from "../analysis/result-files.js";
import { ANALYZE, analyse } from "../analysis/summary.js";
import type { SweptSearch } from "./database.js";
import type { GroupAnalysis } from "./summary.js";

/** As `esnas analyze` has them by default. */
const TOP = 10;
const RESAMPLES = 1000;
const SEED = 0;

export interface AnalysesOptions {
  /** Of the sweep. */
  readonly folder: string;
  /** Random genotypes that each group is held against. */
  readonly random: number;
  readonly onProgress: (line: string) => void;
}

/** Analyses the groups and writes what is found; by their names. */
export async function analyseGroups(
  searches: readonly SweptSearch[],
  { folder, random, onProgress }: AnalysesOptions,
): Promise<ReadonlyMap<string, GroupAnalysis>> {
  const analyses = new Map<string, GroupAnalysis>();
  const groups = groupsToAnalyse(searches);
  const draw = drawing(random);
  for (const [name, ofGroup] of groups) {
    const where = `analysis ${analyses.size + 1} of ${groups.size}: ${name}`;
    onProgress(where);
    const runs = readRuns(
      ofGroup.map((search) => join(folder, search.folder)),
      TOP,
    );
    const drawn = await draw(runs, (n) => onProgress(`${where}, ${grouped(n)} random genotypes`));
    const counts = ["--top", TOP, "--random", random, "--resamples", RESAMPLES].map(String);
    const command = [...ANALYZE.split(" "), join(folder, "runs", name), ...counts].map(shellWord).join(" ");
    const analysis = analyse(runs, { command, top: TOP, random: drawn, resamples: RESAMPLES, seed: SEED });
    const place = join("analysis", name);
    await writeAnalysis(join(folder, place), analysis);
    const patterns = analysis.summary.patterns.map(({ name, verdict }) => ({ name, verdict }));
    analyses.set(name, { folder: place, patterns });
  }
  return analyses;
}

function groupsToAnalyse(searches: readonly SweptSearch[]): ReadonlyMap<string, readonly SweptSearch[]> {
  const groups = new Map<string, SweptSearch[]>();
  for (const search of searches) {
    if (search.settings.space !== DEFAULT_SPACE) continue;
    groups.set(search.group.name, [...(groups.get(search.group.name) ?? []), search]);
  }
  return new Map([...groups].filter(([, { length }]) => length > 1));
}

/** Draws random genotypes; groups of one budget are held against the same. */
function drawing(wanted: number) {
  const known = new Map<string, Genotype[]>();
  return async (runs: Runs, onDrawn: (drawn: number) => void): Promise<readonly Genotype[]> => {
    const { space, spaceOptions, constraints, latencyProfile } = runs.settings;
    const key = JSON.stringify([space, spaceOptions, constraints, latencyProfile?.checksum]);
    const drawn = known.get(key) ?? (await randomGenotypes(runs, wanted, SEED, onDrawn));
    known.set(key, drawn);
    return drawn;
  };
}
