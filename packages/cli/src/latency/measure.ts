/** @file Networks measured in turns: as a whole, then by block. */

import { median, quantile } from "simple-statistics";
import { doing } from "../process/watched.js";
import { releasing } from "../runtime/releasing.js";
import { interleave } from "./interleave.js";
import { type Kernel, timesOfBlocks, timesOfOperators } from "./kernel-times.js";
import type { Subject } from "./subject.js";
import { type RunSettings, TimedNetwork } from "./timed-network.js";

/** A block, or, where a file does not say which blocks it has, all nodes of an operator. */
export interface Part {
  readonly name: string;
  /** `ibn`; absent for an operator. */
  readonly kind?: string;
  /** Median, with the profiler on. */
  readonly milliseconds: number;
}

export interface Measurement {
  readonly name: string;
  /** As it was fed: `[N, C, H, W]`. */
  readonly input: readonly number[];
  readonly runs: number;
  /** Milliseconds from the beginning of a run to its end. */
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly min: number;
  /** Median milliseconds of processors, all threads together. */
  readonly cpu: number;
  readonly parts: readonly Part[];
}

export interface MeasureOptions extends RunSettings {
  readonly runs: number;
  readonly warmUp: number;
  readonly shouldStop: () => boolean;
  readonly onProgress: (what: string, done: number, of: number) => void;
}

/** Rounds with the profiler on: medians of kernels stand fast after few. */
const PROFILED_ROUNDS = 15;

/** Measures networks in turns. Stopped early, it gives what there is, and nothing of a network that was not run. */
export async function measureInTurns(
  subjects: readonly Subject[],
  options: MeasureOptions,
): Promise<readonly Measurement[]> {
  const { runs, warmUp, shouldStop, onProgress } = options;
  const { times, inputs } = await withNetworks(subjects, options, false, async (networks) => {
    for (const [i, network] of networks.entries()) {
      if (shouldStop()) break;
      doing(`running "${subjects[i]?.name}" for the first time`);
      await network.run();
    }
    doing("measuring");
    return {
      inputs: networks.map(({ input }) => input),
      times: await interleave(networks, {
        rounds: runs,
        warmUp,
        shouldStop,
        onRound: (done) => onProgress("runs of each", done, runs),
      }),
    };
  });
  const parts = shouldStop() ? [] : await measureParts(subjects, options);
  return subjects.flatMap(({ name }, i): Measurement[] => {
    const all = (times[i] ?? []).map(({ wall }) => wall);
    if (all.length === 0) return [];
    return [
      {
        name,
        input: inputs[i] ?? [],
        runs: all.length,
        median: median(all),
        p10: quantile(all, 0.1),
        p90: quantile(all, 0.9),
        min: all.reduce((a, b) => Math.min(a, b)),
        cpu: median((times[i] ?? []).map(({ cpu }) => cpu)),
        parts: parts[i] ?? [],
      },
    ];
  });
}

async function measureParts(subjects: readonly Subject[], options: MeasureOptions): Promise<Part[][]> {
  const { warmUp, shouldStop, onProgress } = options;
  return withNetworks(subjects, options, true, async (networks) => {
    doing("measuring with the profiler on");
    await interleave(networks, {
      rounds: PROFILED_ROUNDS,
      warmUp,
      shouldStop,
      onRound: (done) => onProgress("runs of each by block", done, PROFILED_ROUNDS),
    });
    if (shouldStop()) return [];
    return networks.map((network, i) => partsOf(subjects[i], network.kernels(warmUp)));
  });
}

function partsOf(subject: Subject | undefined, kernels: readonly Kernel[]): Part[] {
  const blocks = subject?.architecture?.blocks;
  if (blocks === undefined) {
    return timesOfOperators(kernels).map(({ operator, milliseconds }) => ({ name: operator, milliseconds }));
  }
  const times = timesOfBlocks(
    kernels,
    blocks.map(({ name }) => name),
  );
  return blocks.map(({ name, spec }, i) => ({ name, kind: spec.kind, milliseconds: times[i] ?? 0 }));
}

/** Loads all networks for an action, and releases them whatever becomes of it. */
async function withNetworks<T>(
  subjects: readonly Subject[],
  settings: RunSettings,
  profile: boolean,
  action: (networks: readonly TimedNetwork[]) => Promise<T>,
): Promise<T> {
  const networks: TimedNetwork[] = [];
  return releasing(networks, async () => {
    for (const subject of subjects) {
      doing(`loading "${subject.name}"`);
      networks.push(await TimedNetwork.load(subject, settings, profile));
    }
    return await action(networks);
  });
}
