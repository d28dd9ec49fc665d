/**
 * @file The five patterns that the paper's supplement sees in its family (Cavagnero et al. 2023, arXiv 2310.04179), each as
 * statements with a number and a side that it has to lie on. The sentences are the paper's, the numbers this implementation's.
 * They are looked at when a search has ended; no search sees them.
 */

import { largest } from "../base/extremes.js";
import type { Interval } from "../statistics/statistics.js";
import { blockKinds, ffnShareOf, type HybridStage, kernelOf, type Measure, qkvRatioOf, shareOf } from "./traits.js";

export interface Statement extends Measure {
  readonly text: string;
  /** What the number is. */
  readonly number: string;
  readonly threshold: number;
  /** The side of the threshold that it has to lie on. */
  readonly side: "above" | "below";
}

export interface Pattern {
  readonly name: "a" | "b" | "c" | "d" | "e";
  readonly text: string;
  readonly statements: readonly Statement[];
}

export type Verdict = "holds" | "does not hold" | "undecided";

function blocksOf(stages: readonly HybridStage[]): HybridStage["blocks"] {
  return stages.flatMap(({ blocks }) => blocks);
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

/** The share of a kind minus the largest share of another one. */
function lead(blocks: HybridStage["blocks"], kind: "ibn" | "convnext"): number | undefined {
  const others = blockKinds.filter((other) => other !== kind).map((other) => shareOf(blocks, other) ?? 0);
  return difference(shareOf(blocks, kind), largest(others));
}

function first(stages: readonly HybridStage[]): readonly HybridStage[] {
  return stages.slice(0, stages.length / 2);
}

function last(stages: readonly HybridStage[]): readonly HybridStage[] {
  return stages.slice(stages.length / 2);
}

/** Pairs of stages whose later one has the larger kernels, minus those whose later one has the smaller, over all pairs. */
function kernelGrowth(stages: readonly HybridStage[]): number | undefined {
  const kernels = stages.map(kernelOf);
  const pairs = kernels.flatMap((kernel, i) =>
    kernels.slice(i + 1).flatMap((later) => (kernel === undefined || later === undefined ? [] : [later - kernel])),
  );
  return pairs.length === 0 ? undefined : pairs.reduce((sum, step) => sum + Math.sign(step), 0) / pairs.length;
}

/** 1 where the QKV dimension of a stage is below its embedding dimension, else 0. */
function isNarrow(stage: HybridStage | undefined): number | undefined {
  const ratio = stage && qkvRatioOf(stage);
  return ratio === undefined ? undefined : Number(ratio < 1);
}

const [MAIN, EQUAL] = [0, 0.5];

/** @param widerInStage3 - Whether the supplement has the QKV dimension above the embedding dimension there: in S2. */
export function patterns(widerInStage3: boolean): readonly Pattern[] {
  const topology = { role: "topology", side: "above" } as const;
  return [
    {
      name: "a",
      text: "IBN is the main block, especially in the first stages",
      statements: [
        {
          ...topology,
          text: "IBN is the commonest block",
          number: "share of IBN minus the largest other share",
          threshold: MAIN,
          of: (stages) => lead(blocksOf(stages), "ibn"),
        },
        {
          ...topology,
          text: "IBN is commonest in stages 1 and 2",
          number: "share of IBN there minus the largest other share",
          threshold: MAIN,
          of: (stages) => lead(blocksOf(first(stages)), "ibn"),
        },
        {
          ...topology,
          text: "there is more IBN in stages 1 and 2 than in 3 and 4",
          number: "share of IBN in stages 1 and 2 minus that in 3 and 4",
          threshold: 0,
          of: (stages) => difference(shareOf(blocksOf(first(stages)), "ibn"), shareOf(blocksOf(last(stages)), "ibn")),
        },
      ],
    },
    {
      name: "b",
      text: "ConvNeXt is preferred in the last stages and dominates stage 4",
      statements: [
        {
          ...topology,
          text: "there is more ConvNeXt in stages 3 and 4 than in 1 and 2",
          number: "share of ConvNeXt in stages 3 and 4 minus that in 1 and 2",
          threshold: 0,
          of: (stages) =>
            difference(shareOf(blocksOf(last(stages)), "convnext"), shareOf(blocksOf(first(stages)), "convnext")),
        },
        {
          ...topology,
          text: "ConvNeXt dominates stage 4",
          number: "share of ConvNeXt there minus the largest other share",
          threshold: MAIN,
          of: (stages) => lead(blocksOf(stages.slice(3)), "convnext"),
        },
      ],
    },
    {
      name: "c",
      text: "FFNs of encoders are inverted bottlenecks in stage 3, ConvNeXt in stage 4",
      statements: [
        {
          ...topology,
          text: "FFNs of stage 3 are inverted bottlenecks",
          number: "share of IBN among the FFNs there",
          threshold: EQUAL,
          of: (stages) => ffnShareOf(blocksOf(stages.slice(2, 3)), "ibn"),
        },
        {
          ...topology,
          text: "FFNs of stage 4 are ConvNeXt",
          number: "share of ConvNeXt among the FFNs there",
          threshold: EQUAL,
          of: (stages) => ffnShareOf(blocksOf(stages.slice(3)), "convnext"),
        },
      ],
    },
    {
      name: "d",
      text: "kernels grow with depth",
      statements: [
        {
          role: "size",
          side: "above",
          text: "later stages have larger kernels",
          number: "pairs of stages of which the later has the larger kernel, minus the others, over all pairs",
          threshold: 0,
          of: kernelGrowth,
        },
        {
          role: "size",
          side: "above",
          text: "stage 4 has larger kernels than stage 1",
          number: "kernel of stage 4 minus that of stage 1",
          threshold: 0,
          of: ([one, , , four]) => difference(four && kernelOf(four), one && kernelOf(one)),
        },
      ],
    },
    {
      name: "e",
      text: `the QKV dimension is below the embedding dimension${widerInStage3 ? ", but not in stage 3" : ""}`,
      statements: [
        {
          role: "size",
          side: widerInStage3 ? "below" : "above",
          text: `it is ${widerInStage3 ? "not below" : "below"} in stage 3`,
          number: "share of the networks with encoders there in which it is below",
          threshold: EQUAL,
          of: (stages) => isNarrow(stages[2]),
        },
        {
          role: "size",
          side: "above",
          text: "it is below in stage 4",
          number: "share of the networks with encoders there in which it is below",
          threshold: EQUAL,
          of: (stages) => isNarrow(stages[3]),
        },
      ],
    },
  ];
}

/** Holds where the whole interval lies on the side, does not hold where the whole interval lies on the other. */
export function verdictOf({ threshold, side }: Statement, interval: Interval | undefined): Verdict {
  if (interval === undefined) return "undecided";
  const [above, below] = [interval.low > threshold, interval.high < threshold];
  if (side === "above" ? above : below) return "holds";
  return (side === "above" ? below : above) ? "does not hold" : "undecided";
}

/** A pattern holds where all of its statements do, and does not where one of them does not. */
export function verdictOfAll(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("does not hold")) return "does not hold";
  return verdicts.every((verdict) => verdict === "holds") ? "holds" : "undecided";
}
