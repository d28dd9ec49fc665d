/**
 * @file What should a topology phase do about the budget? All ways of `search/algorithms/topology-budget.ts` over seeds at the same number
 * of evaluations; for S0 joint evolution and random search beside them, at a third of the evaluations, each of both metrics.
 */

import {
  architectureCosts,
  cyclicSearch,
  defaultAlgorithmOptions,
  type Evaluation,
  hybridSpace,
  jointEvolution,
  type Outcome,
  randomSearch,
  type TopologyBudgetName,
  topologyBudgets,
} from "@esnas/core/internal";
import { mean } from "simple-statistics";
import { printTable, type Row, writeResults } from "./common/results.js";
import { problemOf, runSearch } from "./common/search-in-memory.js";

const EVALUATIONS = 6000;
const SEEDS = { s0: [0, 1, 2, 3, 4], s2: [0, 1, 2] } as const;
const space = hybridSpace();

/** By how much the best of each topology phase costs more than what the phase began with. */
function growth(history: readonly Evaluation[]): number {
  const topology = history.filter(({ candidate }) => candidate.phase === "topology");
  const ratios = [...new Set(topology.map(({ candidate }) => candidate.cycle))].map((cycle) => {
    const phase = topology.filter(({ candidate }) => candidate.cycle === cycle);
    const score = ({ scores }: Evaluation) => Number(scores["entropic-score"]);
    const best = phase.reduce((a, b) => (score(b) > score(a) ? b : a));
    const macs = (evaluation: Evaluation | undefined) =>
      evaluation === undefined ? 1 : architectureCosts(space.build(evaluation.candidate.genotype)).macs;
    return macs(best) / macs(phase[0]);
  });
  return ratios.length === 0 ? 1 : mean(ratios);
}

function admittedLater({ phases }: Outcome): number {
  const later = phases.filter(({ phase, cycle }) => phase === "topology" && cycle > 1);
  return later.length === 0 ? Number.NaN : mean(later.map(({ admitted }) => admitted));
}

export async function topologyBudget(): Promise<void> {
  const cyclic = Object.keys(topologyBudgets) as TopologyBudgetName[];
  const waysOf = { s0: [...cyclic, "joint", "random"], s2: cyclic } as const;
  const rows: Row[] = [];
  for (const preset of ["s0", "s2"] as const) {
    for (const seed of SEEDS[preset]) {
      for (const way of waysOf[preset]) {
        const problem = problemOf(preset, seed, way === "random" || way === "joint" ? EVALUATIONS / 3 : EVALUATIONS);
        const algorithm =
          way === "joint"
            ? jointEvolution(problem)
            : way === "random"
              ? randomSearch(problem)
              : cyclicSearch(problem, { ...defaultAlgorithmOptions, topologyBudget: way });
        const run = await runSearch(problem, algorithm);
        rows.push({
          preset,
          way,
          seed,
          "entropic-score": run.entropicScore,
          logsynflow: run.logSynflow,
          parameters: run.costs.parameters,
          macs: run.costs.macs,
          "admitted topologies, cycle 2 on": admittedLater(run.outcome),
          "MACs of a topology phase's best, over its first": growth(run.history),
          cycles: run.outcome.cycles,
        });
        process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
      }
    }
  }
  printTable(rows);
  writeResults("topology-budget", rows);
}
