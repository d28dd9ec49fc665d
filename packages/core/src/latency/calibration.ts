/**
 * @file From measurements to a profile. Blocks are measured where they stand, within whole networks, so that what a runtime does
 * at their borders (fusions, reordering of layouts) is in their times. By kind of block, a non-negative least-squares fit
 * (Lawson and Hanson 1974) of relative errors gives the milliseconds of a unit of each class of work; what networks take beyond
 * their blocks is fitted on the networks' own times.
 */

import { type Architecture, blockGraph, type PlacedBlock } from "../architecture/architecture.js";
import { InputError } from "../base/errors.js";
import { nonNegativeWeights } from "./non-negative-weights.js";
import type { LatencyFit, LatencyProfile } from "./profile.js";
import { weighted, workOf } from "./work.js";

/** A network that was measured. */
export interface MeasuredNetwork {
  readonly architecture: Architecture;
  /** Of a run as a whole. */
  readonly milliseconds: number;
  /** Of each block, in the order of the architecture, while all kernels were timed. */
  readonly blockMilliseconds: readonly number[];
}

/** Layouts of runtimes: none, and the widths of vectors from SSE or NEON to AVX-512. */
const CHANNEL_GROUPS = [1, 4, 8, 16] as const;

/** Distinct blocks that a kind needs to have weights. */
const FEWEST_TO_FIT = 8;
/** Of a kind with fewer distinct blocks than these, each block's time is kept, and is what is predicted for that block. */
const FEWEST_TO_FORGET = 30;

interface BlockSample {
  readonly block: PlacedBlock;
  readonly milliseconds: number;
}

/**
 * Fits the measurements.
 * @throws {@link InputError} where a time is not positive, or no network is given.
 */
export function fitLatency(networks: readonly MeasuredNetwork[]): LatencyFit {
  const kinds = samplesByKind(networks);
  const fits = CHANNEL_GROUPS.map((group) => ({ group, ...fitKinds(kinds, group) }));
  const best = fits.reduce((a, b) => (b.error < a.error ? b : a));
  const { kinds: fitted, blocks } = best;
  const unscaled = networks.map(({ architecture, milliseconds }) => ({
    milliseconds,
    work: { fixed: 1, factor: sumOfBlocks(architecture, best, best.group) },
  }));
  const { fixed = 0, factor = 1 } = nonNegativeWeights(unscaled);
  return { channelGroup: best.group, network: { fixed, factor }, kinds: fitted, blocks };
}

type KindFits = Pick<LatencyFit, "kinds" | "blocks">;

function sumOfBlocks({ blocks }: Architecture, fits: KindFits, group: number): number {
  return blocks.reduce((sum, block) => {
    const { weights = {} } = fits.kinds[block.spec.kind] ?? {};
    return sum + (fits.blocks[block.key] ?? weighted(workOf(blockGraph(block), group), weights, () => 0));
  }, 0);
}

/** Every distinct block with the mean of its times, by kind. */
function samplesByKind(networks: readonly MeasuredNetwork[]): ReadonlyMap<string, readonly BlockSample[]> {
  const times = new Map<string, { block: PlacedBlock; all: number[] }>();
  for (const { architecture, blockMilliseconds } of networks) {
    architecture.blocks.forEach((block, i) => {
      const milliseconds = blockMilliseconds[i] ?? Number.NaN;
      if (!(milliseconds > 0))
        throw new InputError(`the block "${block.name}" was measured to take ${milliseconds} ms`);
      const known = times.get(block.key);
      if (known === undefined) times.set(block.key, { block, all: [milliseconds] });
      else known.all.push(milliseconds);
    });
  }
  const samples = [...times.values()].map(({ block, all }) => ({
    block,
    milliseconds: all.reduce((sum, ms) => sum + ms, 0) / all.length,
  }));
  if (samples.length === 0) throw new InputError("a profile needs at least one network that was measured");
  const kinds = new Map<string, BlockSample[]>();
  for (const sample of samples) {
    const { kind } = sample.block.spec;
    kinds.set(kind, [...(kinds.get(kind) ?? []), sample]);
  }
  return kinds;
}

function fitKinds(samplesOf: ReadonlyMap<string, readonly BlockSample[]>, group: number): KindFits & { error: number } {
  const kinds: Record<string, LatencyProfile["kinds"][string]> = {};
  const blocks: Record<string, number> = {};
  let error = 0;
  for (const [kind, samples] of samplesOf) {
    if (samples.length < FEWEST_TO_FORGET) {
      for (const { block, milliseconds } of samples) blocks[block.key] = milliseconds;
    }
    if (samples.length < FEWEST_TO_FIT) continue;
    const rows = samples.map(({ block, milliseconds }) => ({ milliseconds, work: workOf(blockGraph(block), group) }));
    const weights = nonNegativeWeights(rows);
    const errors = rows.map(({ work, milliseconds }) => weighted(work, weights, () => 0) / milliseconds - 1);
    error += errors.reduce((sum, e) => sum + e * e, 0);
    kinds[kind] = { blocks: samples.length, medianError: medianSize(errors), weights };
  }
  return { kinds, blocks, error };
}

function medianSize(errors: readonly number[]): number {
  return errors.map(Math.abs).toSorted((a, b) => a - b)[errors.length >> 1] ?? 0;
}
