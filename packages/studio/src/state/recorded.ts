/** @file Stored candidates as the evaluations that a search is told again. */

import {
  genotypeOfCode,
  jsonText,
  type RecordedEvaluation,
  type Score,
  type Scores,
  type Space,
} from "@esnas/core/internal";
import type { CandidateTable } from "./candidates.js";

/** What is told again, with the milliseconds that it took; made one by one, as a search takes them. */
export function* recordedOf(
  space: Space,
  table: CandidateTable,
): Generator<RecordedEvaluation & { readonly milliseconds: number }> {
  const missing = new Map(table.missing.map(({ order, metric, reason }) => [`${order} ${metric}`, reason]));
  for (let order = 0; order < table.count; order++) {
    yield {
      genotype: jsonText(space, genotypeOfCode(space, table.genesAt(order))),
      phase: table.phaseAt(order),
      cycle: table.cycle[order] ?? 0,
      scores: scoresAt(table, order, missing),
      milliseconds: table.milliseconds[order] ?? 0,
    };
  }
}

/** Of the metrics that the candidate was scored by. */
function scoresAt(table: CandidateTable, order: number, missing: ReadonlyMap<string, string>): Scores {
  const scores: Record<string, Score> = {};
  for (const metric of table.metrics) {
    const score = table.scores[metric]?.[order] ?? Number.NaN;
    const reason = missing.get(`${order} ${metric}`);
    if (reason !== undefined) scores[metric] = { value: null, reason };
    else if (!Number.isNaN(score)) scores[metric] = score;
  }
  return scores;
}
