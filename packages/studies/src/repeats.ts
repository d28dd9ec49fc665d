/**
 * @file How much does the winner of a topology phase depend on the draw of the weights? Phases of one search seed, within S0's
 * budget from one base, over seeds of the weights: each candidate scored with 1, 2, 4 or 8 random weights, without finals
 * and with them. All winners are scored alike in the end, with many weights that no phase has seen.
 */

import {
  type Asking,
  drive,
  type Evaluation,
  evolve,
  familyBudgets,
  finals,
  type Genotype,
  hybridSpace,
  isValue,
  keyOf,
  localEvaluator,
  metricOf,
  objectiveOfMetric,
  orderAmong,
  type Scorer,
  sampleWithin,
  seededRandom,
  withinBounds,
  withRepeats,
} from "@esnas/core/internal";
import { mean, sampleCorrelation, sampleRankCorrelation, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const REPEATS = [1, 2, 4, 8] as const;
const WEIGHT_SEEDS = 10;
const EVALUATIONS = 300;
/** What the finals have times the repeats, as `esnas search --repeats` has it. */
const FINALS_TIMES = 8;
/** Weights that winners are judged by, of a seed of their own. */
const JUDGES = 64;
const JUDGE_SEED = 1000;
const TOP = 20;
/** Weights of eight repeats are drawn once for all candidates. */
const WEIGHT_BYTES = 512 * 2 ** 20;

const space = hybridSpace();
const constraints = familyBudgets.s0;
const entropicScore = metricOf("entropic-score");
const base = sampleWithin(space, constraints, seededRandom(0));

interface Phase {
  readonly ranking: readonly Evaluation[];
  /** The ranking's first, without finals and after them. */
  readonly winners: Readonly<Record<"none" | "ten best", Genotype>>;
}

/** A topology phase with its finals; the same founders and the same luck in breeding for any weights. */
function* topologyPhase(repeats: number): Asking<Phase> {
  const random = seededRandom(0);
  const objective = objectiveOfMetric(withRepeats(entropicScore, repeats));
  const { ranking } = yield* evolve({
    space,
    random,
    role: "topology",
    initial: Array.from({ length: 25 }, () => sampleWithin(space, constraints, random, "topology", base)),
    evaluations: EVALUATIONS,
    memo: new Map(),
    order: orderAmong(objective),
    admit: (child) => withinBounds(space, constraints, child),
    candidate: (genotype) => ({ genotype, phase: "topology", cycle: 1, metrics: objective.metrics }),
  });
  const again = objectiveOfMetric(withRepeats(entropicScore, FINALS_TIMES * repeats));
  const after = yield* finals({ space, ranking, objective, again, phase: "topology", cycle: 1, memo: new Map() });
  const first = (evaluations: readonly Evaluation[]) => evaluations[0]?.candidate.genotype ?? base;
  return { ranking, winners: { none: first(ranking), "ten best": first(after.ranking) } };
}

/** Of the block slots that are there, the share that two topologies fill alike. */
function agreement(a: Genotype, b: Genotype): number {
  const [ofA, ofB] = [slotsOf(a), slotsOf(b)];
  return mean(ofA.map((slot, i) => Number(slot === ofB[i])));
}

/** What fills each slot that is there: kind, and FFN kind where there is one. */
function slotsOf(genotype: Genotype): string[] {
  const slots = new Map<string, string>();
  space.genes.forEach(({ name, role }, gene) => {
    if (role !== "topology" || !space.isExpressed(genotype, gene)) return;
    const slot = name.replace(/\.[^.]+$/, "");
    slots.set(slot, `${slots.get(slot) ?? ""} ${genotype[gene]}`);
  });
  return [...slots.values()];
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}

async function scored(scorer: Scorer, genotypes: readonly Genotype[], repeats: number): Promise<number[]> {
  const metric = withRepeats(entropicScore, repeats);
  const scores: number[] = [];
  for (const genotype of genotypes) {
    const score = await scorer.score(space.build(genotype), metric);
    if (!isValue(score)) throw new Error(`no score: ${score.reason}`);
    scores.push(score);
  }
  return scores;
}

async function phaseOf(repeats: number, seed: number): Promise<Phase> {
  const scorer = nodeScorer({ seed, weightBytes: WEIGHT_BYTES });
  const phase = await drive(topologyPhase(repeats), { space, evaluator: localEvaluator(space, scorer) });
  await scorer.release();
  if (phase === undefined) throw new Error("the phase was not stopped");
  process.stderr.write(`${repeats} repeats, weights ${seed}: ${slotsOf(phase.winners.none).join(",")}\n`);
  return phase;
}

/** The same candidates by each seed of the weights. */
async function scoresBySeed(genotypes: readonly Genotype[], repeats: number): Promise<number[][]> {
  const rows: number[][] = [];
  for (let seed = 0; seed < WEIGHT_SEEDS; seed++) {
    const scorer = nodeScorer({ seed, weightBytes: WEIGHT_BYTES });
    rows.push(await scored(scorer, genotypes, repeats));
    await scorer.release();
  }
  return rows;
}

export async function repeats(): Promise<void> {
  const phases = new Map<number, Phase[]>();
  for (const n of REPEATS) {
    phases.set(n, []);
    for (let seed = 0; seed < WEIGHT_SEEDS; seed++) phases.get(n)?.push(await phaseOf(n, seed));
  }
  const judge = nodeScorer({ seed: JUDGE_SEED, weightBytes: WEIGHT_BYTES });
  const verdicts = new Map<string, number>();
  const judged = async (genotype: Genotype): Promise<number> => {
    const key = keyOf(space, genotype);
    const verdict = verdicts.get(key) ?? (await scored(judge, [genotype], JUDGES))[0] ?? Number.NaN;
    verdicts.set(key, verdict);
    return verdict;
  };
  const top = (phases.get(8)?.[0]?.ranking ?? []).slice(0, TOP).map(({ candidate }) => candidate.genotype);
  const verdictsOfTop: number[] = [];
  for (const genotype of top) verdictsOfTop.push(await judged(genotype));

  const rows: Row[] = [];
  for (const n of REPEATS) {
    const bySeed = await scoresBySeed(top, n);
    for (const again of ["none", "ten best"] as const) {
      const winners = (phases.get(n) ?? []).map(({ winners: { [again]: winner } }) => winner);
      const ofWinners: number[] = [];
      for (const winner of winners) ofWinners.push(await judged(winner));
      rows.push({
        repeats: n,
        finals: again,
        "runs of a phase": n * EVALUATIONS + (again === "none" ? 0 : 10 * FINALS_TIMES * n),
        "slots alike, pairs of winners": mean(pairs(winners).map(([a, b]) => agreement(a, b))),
        "different winners": new Set(winners.map((winner) => keyOf(space, winner))).size,
        "entropic-score of winners, mean": mean(ofWinners),
        "standard deviation": standardDeviation(ofWinners),
        least: Math.min(...ofWinners),
        "Spearman of the top 20, pairs of seeds": mean(pairs(bySeed).map(([a, b]) => sampleRankCorrelation(a, b))),
        "Spearman of the top 20 with 64 weights": mean(
          bySeed.map((scores) => sampleRankCorrelation(scores, verdictsOfTop)),
        ),
        "Pearson with 64 weights": mean(bySeed.map((scores) => sampleCorrelation(scores, verdictsOfTop))),
      });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  }
  await judge.release();
  printTable(rows);
  writeResults("repeats", rows);
}
