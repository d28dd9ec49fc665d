/**
 * @file Do the patterns hang on how deep the space lets each stage be? A size phase by LogSynflow takes every depth to its bound, and
 * the depths weigh the mean that a topology phase climbs. Searches by the closed form of the score, over spaces of other depths.
 */

import {
  compareWithRandom,
  cyclicSearch,
  DEFAULT_EVALUATIONS,
  defaultAlgorithmOptions,
  type FamilyName,
  familyBudgets,
  type HybridStage,
  hybridDefaults,
  hybridSpace,
  objectiveOf,
  patterns,
  type Space,
  sampleWithin,
  seededRandom,
  stagesOf,
  traitsOf,
  verdictOf,
} from "@esnas/core/internal";
import { printTable, type Row, writeResults } from "./common/results.js";
import { problemOf, runSearch } from "./common/search-in-memory.js";

const SEEDS = [0, 1, 2];
const RANDOM = 200;
const OPTIONS = { resamples: 1000, seed: 0 };

/** The most blocks of each stage. */
const depths = [
  [4, 4, 9, 4],
  [2, 2, 9, 4],
] as const;

function spaceOfDepths(most: readonly number[]): Space {
  return hybridSpace({
    stages: hybridDefaults.stages.map((stage, s) => ({
      ...stage,
      depth: stage.depth.filter((depth) => depth <= (most[s] ?? 0)),
    })),
  });
}

export async function esformerDepths(): Promise<void> {
  const rows: Row[] = [];
  for (const most of depths) {
    const space = spaceOfDepths(most);
    for (const preset of Object.keys(familyBudgets) as FamilyName[]) {
      const found: HybridStage[][] = [];
      for (const seed of SEEDS) {
        const problem = {
          ...problemOf(preset, seed, DEFAULT_EVALUATIONS),
          space,
          topologyObjective: objectiveOf("entropic-score-analytic"),
        };
        const { architecture } = await runSearch(problem, cyclicSearch(problem, defaultAlgorithmOptions));
        found.push(stagesOf(architecture));
        process.stderr.write(`depths ${most.join(" ")}, ${preset}, seed ${seed}\n`);
      }
      rows.push(...rowsOf(most.join(" "), preset, found, randomOf(space, preset)));
    }
  }
  printTable(rows);
  writeResults("esformer-depths", rows);
}

function randomOf(space: Space, preset: FamilyName): HybridStage[][] {
  const random = seededRandom(0);
  return Array.from({ length: RANDOM }, () =>
    stagesOf(space.build(sampleWithin(space, familyBudgets[preset], random))),
  );
}

/** A row a statement of the patterns, and one a stage for where its maps lie. */
function rowsOf(
  most: string,
  preset: FamilyName,
  found: readonly (readonly HybridStage[])[],
  random: readonly (readonly HybridStage[])[],
): Row[] {
  const statements = patterns(preset === "s2").flatMap(({ name, statements: of }) =>
    of.map((statement) => ({ what: `pattern ${name}`, name: statement.text, measure: statement, statement })),
  );
  const maps = traitsOf(4)
    .filter(({ kind }) => kind === "map")
    .map((trait) => ({ what: "trait", name: trait.name, measure: trait, statement: undefined }));
  return [...statements, ...maps].map(({ what, name, measure, statement }) => {
    const comparison = compareWithRandom(
      found.map((stages) => [measure.of(stages)]),
      random.map((stages) => measure.of(stages)),
      OPTIONS,
    );
    return {
      depths: most,
      preset,
      what,
      name,
      searches: comparison?.searches ?? 0,
      found: comparison?.found ?? "",
      low: comparison?.foundInterval.low ?? "",
      high: comparison?.foundInterval.high ?? "",
      random: comparison?.random ?? "",
      effect: comparison?.effect ?? "",
      verdict: statement === undefined ? "" : verdictOf(statement, comparison?.foundInterval),
    };
  });
}
