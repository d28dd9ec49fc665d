/**
 * @file A profile of this machine: random networks of a space, and the published models, are run in turns with and without the
 * profiler; their blocks' times and their own are what the predictor is fitted to.
 */

import {
  type Architecture,
  checkedLatency,
  type FamilyName,
  familyBudgets,
  fitLatency,
  type LatencyProfile,
  type MeasuredNetwork,
  models,
  resized,
  type Space,
  sampleWithin,
  seededRandom,
} from "@esnas/core/internal";
import { median } from "simple-statistics";
import { describeMachine } from "../runtime/machine.js";
import { releasing } from "../runtime/releasing.js";
import { interleave } from "./interleave.js";
import { type Kernel, timesOfBlocks } from "./kernel-times.js";
import { modelOfArchitecture } from "./subject.js";
import { type RunTime, TimedNetwork } from "./timed-network.js";

export interface CalibrationOptions {
  readonly space: Space;
  /** Random networks of the space. */
  readonly networks: number;
  /** Every network is loaded and measured so many times, far apart, so that no slow minute decides what it takes. */
  readonly passes: number;
  /** Height and width of their images; some are measured at smaller and larger ones. */
  readonly size: number;
  /** Height and width of the images of published models; their own where it is absent. */
  readonly sizeOfModels?: number;
  readonly batch: number;
  readonly threads: number;
  readonly seed: number;
  readonly shouldStop: () => boolean;
  readonly onProgress: (done: number, of: number) => void;
}

/** Of a pass. */
const RUNS = 5;
const WARM_UP = 2;
/** The lower quartile: whatever else a machine does can only add to what a kernel takes. */
const SHARE = 0.25;

/** Budgets that networks are drawn within, in turn: those that searches have, and none. */
const BUDGETS: readonly (FamilyName | undefined)[] = [undefined, "s0", undefined, "s1", undefined, "s2"];

/** Sizes of images in turn, as shares of the size that is asked for. */
const SHARES = [1, 0.5, 1, 0.75, 1, 1.25, 1] as const;

/** What sizes are multiples of: the stride of a backbone. */
const STRIDE = 32;

/** Measures and fits; undefined where it was stopped. */
export async function calibrate(options: CalibrationOptions): Promise<LatencyProfile | undefined> {
  const { threads, batch, seed, sizeOfModels, shouldStop, onProgress } = options;
  const total = options.passes * (options.networks + models.length);
  const drawn = drawnNetworks(options);
  const published = models.map((model) => model.build(sizeOfModels === undefined ? {} : { resolution: sizeOfModels }));
  const architectures = [...drawn, ...published];
  const passes: Pass[][] = architectures.map(() => []);
  for (let pass = 0; pass < options.passes; pass++) {
    for (const [i, architecture] of architectures.entries()) {
      onProgress(pass * architectures.length + i, total);
      const measured = await measurePass(architecture, { threads, batch }, shouldStop);
      if (measured === undefined) return undefined;
      passes[i]?.push(measured);
    }
  }
  const measured = architectures.map((architecture, i) => merged(architecture, threads, passes[i] ?? []));
  const fit = fitLatency(measured);
  return {
    format: "esnas-latency-profile",
    version: 1,
    machine: await describeMachine(),
    threads,
    batch,
    measured: { networks: architectures.length, runs: options.passes * RUNS, seed },
    ...fit,
    check: checkedLatency(measured.slice(0, drawn.length), measured.slice(drawn.length)),
  };
}

function drawnNetworks({ space, networks, size, seed }: CalibrationOptions): Architecture[] {
  const random = seededRandom(seed);
  return Array.from({ length: networks }, (_, i) => {
    const budget = BUDGETS[i % BUDGETS.length];
    const genotype = sampleWithin(space, budget === undefined ? {} : familyBudgets[budget], random);
    const share = SHARES[i % SHARES.length] ?? 1;
    const atSize = Math.max(2 * STRIDE, Math.round((size * share) / STRIDE) * STRIDE);
    return resized(space.build(genotype), { resolution: [atSize, atSize] });
  });
}

interface Pass {
  /** Of runs without the profiler. */
  readonly times: readonly RunTime[];
  readonly kernels: readonly Kernel[];
}

async function measurePass(
  architecture: Architecture,
  settings: { readonly threads: number; readonly batch: number },
  shouldStop: () => boolean,
): Promise<Pass | undefined> {
  const model = { name: "a random network", model: modelOfArchitecture(architecture) };
  const networks: TimedNetwork[] = [];
  return releasing(networks, async () => {
    networks.push(await TimedNetwork.load(model, settings));
    const profiled = await TimedNetwork.load(model, settings, true);
    networks.push(profiled);
    const [times = []] = await interleave(networks, { rounds: RUNS, warmUp: WARM_UP, shouldStop });
    return shouldStop() ? undefined : { times, kernels: profiled.kernels(WARM_UP, SHARE) };
  });
}

/** The medians over all passes. */
function merged(architecture: Architecture, threads: number, passes: readonly Pass[]): MeasuredNetwork {
  // One thread takes as long as it has a processor; what a busy machine gives to others meanwhile is not the network's.
  const taken = passes.flatMap(({ times }) =>
    times.map(({ wall, cpu }) => (threads === 1 ? Math.min(wall, cpu) : wall)),
  );
  const names = architecture.blocks.map(({ name }) => name);
  const byPass = passes.map(({ kernels }) => timesOfBlocks(kernels, names));
  return {
    architecture,
    milliseconds: median(taken),
    blockMilliseconds: names.map((_, block) => median(byPass.map((times) => times[block] ?? 0))),
  };
}
