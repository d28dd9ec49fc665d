/** @file What time grows with: one curve a quantity, everything else as a search has it by default. */

import {
  type Architecture,
  drive,
  type FamilyName,
  type Gene,
  type Genotype,
  isForward,
  metricOf,
  objectiveOf,
  sampleWithin,
  scoreStatic,
  seededRandom,
  withinBounds,
} from "@esnas/core/internal";
import { nodeScorer } from "../common/node-scorer.js";
import { onePhase } from "../common/one-phase.js";
import { topologyPhase } from "../pytorch-speed/candidates.js";
import { ours } from "../pytorch-speed/competitors.js";
import { anyScores } from "../speed/bookkeeping.js";
import { type Measurement, measurementOf } from "../speed/measurement.js";
import { esformer } from "../speed/subjects.js";
import { type Timed, timed } from "../speed/timing.js";

/** A measurement by what it grew with. */
export interface Point extends Measurement {
  readonly curve: string;
  /** Of one line in the curve's plot. */
  readonly series: string;
  readonly x: number;
}

export interface Curve {
  readonly name: string;
  /** Of the horizontal axis. */
  readonly label: string;
  /** Of the vertical axis. */
  readonly unit: string;
  readonly points: () => Promise<Point[]>;
}

const ROUNDS = { warmUp: 5, rounds: 15 } as const;
/** What takes microseconds is done so many times. */
const TIMES = 20;
const PRESETS: readonly FamilyName[] = ["s0", "s2"];

interface Case {
  readonly series: string;
  readonly x: number;
  readonly architecture: Architecture;
  readonly metric: string;
}

/** Milliseconds of scores, in blocks that are known, in turns. */
async function scored(curve: string, cases: readonly Case[]): Promise<Point[]> {
  const scorer = nodeScorer({ seed: 0, prefixBytes: 0, sessions: 4096 });
  const actions = cases.map(({ architecture, metric: id }): Timed => {
    const metric = metricOf(id);
    if (isForward(metric)) return { name: "", run: () => scorer.score(architecture, metric) };
    const each = () => {
      for (let time = 0; time < TIMES; time++) scoreStatic(architecture, metric);
    };
    return { name: "", times: TIMES, run: each };
  });
  const measured = await timed(actions, ROUNDS);
  await scorer.release();
  return measured.flatMap((measurement, i) => {
    const of = cases[i];
    return of === undefined ? [] : [{ ...measurement, name: curve, curve, series: of.series, x: of.x }];
  });
}

function model(preset: FamilyName): Architecture {
  return esformer(preset).architecture;
}

/** A model with some of its genes changed. */
function changed(preset: FamilyName, change: (gene: Gene, value: Genotype[number]) => Genotype[number]): Architecture {
  const { space, genotype } = esformer(preset).surroundings;
  return space.build(
    genotype.map((value, i) => (space.genes[i] === undefined ? value : change(space.genes[i], value))),
  );
}

function resolution(): Promise<Point[]> {
  const cases = PRESETS.flatMap((preset) =>
    [64, 96, 128, 160, 192, 224, 256].map((x) => ({
      series: `Entropic Score, ${preset.toUpperCase()}`,
      x,
      architecture: model(preset),
      metric: `entropic-score(resolution=${x})`,
    })),
  );
  return scored("resolution", cases);
}

function batch(): Promise<Point[]> {
  const cases = PRESETS.flatMap((preset) =>
    [1, 2, 4, 8, 16].map((x) => ({
      series: `Entropic Score, ${preset.toUpperCase()}`,
      x,
      architecture: model(preset),
      metric: `entropic-score(batch=${x})`,
    })),
  );
  return scored("batch", cases);
}

/** By both metrics. */
function byMetrics(preset: FamilyName, x: number, architecture: Architecture): Case[] {
  const of = preset.toUpperCase();
  return [
    { series: `Entropic Score, ${of}`, x, architecture, metric: "entropic-score" },
    { series: `LogSynflow, ${of}`, x, architecture, metric: "logsynflow" },
  ];
}

/** The same share of every stage's greatest depth; slots beyond a model's own depth have the kind of its first. */
function depth(): Promise<Point[]> {
  const cases = PRESETS.flatMap((preset) =>
    [0.25, 0.5, 0.75, 1].flatMap((share) => {
      const architecture = changed(preset, ({ name, values }, value) =>
        name.endsWith(".depth") ? Math.max(1, Math.round(share * Number(values.at(-1)))) : value,
      );
      const blocks = architecture.blocks.filter(({ name }) => name.includes(".blocks.")).length;
      return byMetrics(preset, blocks, architecture);
    }),
  );
  return scored("depth", cases);
}

/** Every stage's width times a factor, to the nearest that the space has. */
function width(): Promise<Point[]> {
  const cases = PRESETS.flatMap((preset) =>
    [0.5, 0.75, 1, 1.25, 1.5].flatMap((factor) => {
      const architecture = changed(preset, ({ name, values }, value) => {
        if (!name.endsWith(".width")) return value;
        const wanted = factor * Number(value);
        return values.reduce((a, b) => (Math.abs(Number(b) - wanted) < Math.abs(Number(a) - wanted) ? b : a));
      });
      return byMetrics(preset, factor, architecture);
    }),
  );
  return scored("width", cases);
}

const THREADS = [1, 2, 3, 4];
/** Candidates that the threads are given at once. */
const TURN = 24;

async function workers(): Promise<Point[]> {
  const points: Point[] = [];
  for (const preset of PRESETS) {
    const turns = 10;
    const candidates = await topologyPhase(preset, TURN * turns);
    const work = { preset, metric: "entropic-score", kind: "entropy", resolution: 64 } as const;
    const pools = THREADS.map((threads) => ({ threads, pool: ours(work, threads), rates: [] as number[] }));
    for (let turn = 0; turn < turns; turn++) {
      for (const { pool, rates } of pools) {
        const { ms } = await pool.score(candidates.slice(turn * TURN, (turn + 1) * TURN));
        if (turn >= 3) rates.push((1000 * TURN) / ms);
      }
    }
    for (const { threads, pool, rates } of pools) {
      await pool.close();
      const series = `topology candidates, ${preset.toUpperCase()}`;
      points.push({ ...measurementOf("workers", "candidates/s", rates), curve: "workers", series, x: threads });
    }
  }
  return points;
}

/**
 * Milliseconds a candidate of evolution over sizes within a budget, where scores cost nothing, in parts of the search.
 * @param every Candidates of a part.
 */
async function evolution(populationSize: number, evaluations: number, every: number): Promise<number[]> {
  const { space, constraints } = esformer("s0").surroundings;
  const random = seededRandom(0);
  const first = sampleWithin(space, constraints, random);
  const times: number[] = [];
  let start = performance.now();
  await drive(
    onePhase({
      space,
      role: "size",
      initial: Array.from({ length: populationSize }, () => sampleWithin(space, constraints, random, "size", first)),
      evaluations,
      objective: objectiveOf("logsynflow"),
      admit: (child) => withinBounds(space, constraints, child),
      populationSize,
    }),
    {
      space,
      evaluator: { evaluate: anyScores() },
      onEvaluation(_, order) {
        if ((order + 1) % every !== 0) return;
        const now = performance.now();
        times.push((now - start) / every);
        start = now;
      },
    },
  );
  return times;
}

async function population(): Promise<Point[]> {
  const points: Point[] = [];
  await evolution(25, 2000, 500);
  for (const size of [10, 25, 50, 100, 200]) {
    const times = (await evolution(size, 4000, 500)).slice(1);
    const measured = measurementOf("population", "ms", times);
    points.push({ ...measured, curve: "population", series: "evolution and admission", x: size });
  }
  return points;
}

const HISTORY = 100_000;
/** Parts of the history, of each of which some are timed. */
const PARTS = 20;

async function history(): Promise<Point[]> {
  const every = HISTORY / PARTS / 5;
  const times = await evolution(25, HISTORY, every);
  return Array.from({ length: PARTS }, (_, part) => {
    const measured = measurementOf("history", "ms", times.slice(part * 5, (part + 1) * 5));
    return { ...measured, curve: "history", series: "evolution and admission", x: (part + 1) * (HISTORY / PARTS) };
  });
}

export const curves: readonly Curve[] = [
  { name: "resolution", label: "height and width of the images", unit: "ms", points: resolution },
  { name: "depth", label: "blocks", unit: "ms", points: depth },
  { name: "width", label: "widths, times those of the model", unit: "ms", points: width },
  { name: "batch", label: "batch", unit: "ms", points: batch },
  { name: "workers", label: "threads", unit: "candidates/s", points: workers },
  { name: "population", label: "population", unit: "ms", points: population },
  { name: "history", label: "candidates scored before", unit: "ms", points: history },
];
