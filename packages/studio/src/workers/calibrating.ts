/**
 * @file A latency profile of this browser, fitted as those of the command line: random networks are run whole, and each of their blocks
 * by itself. WebAssembly lays channels out in no groups and reorders nothing between blocks, so that a block takes alone what it takes
 * within a network; what calls cost is in the factor from blocks to networks, which is fitted too.
 */

import {
  type Architecture,
  blockGraph,
  checkedLatency,
  type FamilyName,
  familyBudgets,
  fitLatency,
  graphOf,
  hybridSpace,
  type LatencyProfile,
  type MachineDescription,
  type MeasuredNetwork,
  onnxModel,
  type PlacedBlock,
  randomWeights,
  resized,
  sampleWithin,
  seededRandom,
  version,
} from "@esnas/core/internal";
import { quantile } from "../state/quantiles.js";
import { type RunCounts, type Sessions, timesOf } from "./measuring.js";

/** Random networks; with fewer, some kinds of blocks are too few to fit. */
export const NETWORKS = 40;

const COUNTS: RunCounts = { warmUp: 1, runs: 5, longest: 3000 };
/** The lower quartile: whatever else a machine does can only add to a time. */
const SHARE = 0.25;
const SEED = 0;

/** Budgets that networks are drawn within, in turn, and sides of their images. */
const BUDGETS: readonly (FamilyName | undefined)[] = [undefined, "s0", "s0", "s1", undefined, "s2"];
const SIDES = [256, 128, 256, 192, 224] as const;

function drawnNetworks(): Architecture[] {
  const random = seededRandom(SEED);
  const space = hybridSpace();
  return Array.from({ length: NETWORKS }, (_, i) => {
    const budget = BUDGETS[i % BUDGETS.length];
    const genotype = sampleWithin(space, budget === undefined ? {} : familyBudgets[budget], random);
    const side = SIDES[i % SIDES.length] ?? 256;
    return resized(space.build(genotype), { resolution: [side, side] });
  });
}

/** Measures and fits. */
export async function calibrate(
  sessions: Sessions,
  facts: { readonly machine: MachineDescription; readonly threads: number },
  onProgress: (done: number, of: number) => void,
): Promise<LatencyProfile> {
  const known = new Map<string, number>();
  const measured: MeasuredNetwork[] = [];
  const networks = drawnNetworks();
  for (const architecture of networks) {
    onProgress(measured.length, networks.length);
    const bytes = onnxModel(graphOf(architecture), randomWeights(SEED), { genotype: {}, version });
    const milliseconds = quantile(await timesOf(sessions, bytes, architecture.input, COUNTS), SHARE);
    const blockMilliseconds: number[] = [];
    for (const block of architecture.blocks) {
      const time = known.get(block.key) ?? (await timeOfBlock(sessions, block));
      known.set(block.key, time);
      blockMilliseconds.push(time);
    }
    measured.push({ architecture, milliseconds, blockMilliseconds });
  }
  return {
    format: "esnas-latency-profile",
    version: 1,
    ...facts,
    batch: 1,
    measured: { networks: measured.length, runs: COUNTS.runs, seed: SEED },
    ...fitLatency(measured),
    check: checkedLatency(measured),
  };
}

/** A clock of a page may be so coarse that a block takes no time. */
const LEAST = 0.005;

async function timeOfBlock(sessions: Sessions, block: PlacedBlock): Promise<number> {
  const bytes = onnxModel(blockGraph(block), randomWeights(SEED), { genotype: {}, version });
  return Math.max(LEAST, quantile(await timesOf(sessions, bytes, block.input, COUNTS), SHARE));
}
