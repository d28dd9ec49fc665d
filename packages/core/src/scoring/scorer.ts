/**
 * @file Scores architectures. Forward metrics run a chain of block sessions, from where a chain parts with those that were run
 * before it.
 */

import { type Architecture, costsOfBlock } from "../architecture/architecture.js";
import { atResolution } from "../architecture/input-size.js";
import { checkArgument, isObject } from "../base/argument.js";
import { UnscorableError } from "../base/errors.js";
import {
  type ForwardMetric,
  isForward,
  isValue,
  type Metric,
  type Observed,
  rounded,
  type Score,
} from "../metrics/metric.js";
import { scoreOrReason, scoreStatic, unscorable } from "../metrics/static-score.js";
import { noiseImages, onCircle } from "../runtime/noise.js";
import type { Runtime, TensorData } from "../runtime/session.js";
import { normalValues } from "../runtime/weights.js";
import { BlockSessions } from "./block-sessions.js";
import { BlockWeights, noiseOf } from "./block-weights.js";
import { PrefixMemo, type Step } from "./prefix-memo.js";

const MEBIBYTE = 2 ** 20;

/** What inputs have where they say nothing, so that those which say it share their runs with them. */
const usualInput = { noise: "normal", images: "independent", statistics: "batch", weights: "initialisation" } as const;

/** What a scorer draws by, and what it keeps. */
export interface ScorerOptions {
  /** Seeds weights and noise. */
  readonly seed: number;
  /** Block sessions kept alive. */
  readonly sessions?: number;
  /** Bytes that they take at most, about, with the memory that they keep from run to run. */
  readonly sessionBytes?: number;
  /** Bytes of weights kept, by block and place. */
  readonly weightBytes?: number;
  /** Bytes kept of what runs have come to after each block; 0: every run begins with the first block. */
  readonly prefixBytes?: number;
  /** Gives the images of a shape (`[N, C, H, W]`), always the same, in place of noise, whatever noise a metric asks for. */
  readonly images?: (shape: readonly number[]) => TensorData;
}

/**
 * Holds sessions; `release` it when done. Scores that are asked for at once are made one after another.
 * @example
 * ```ts
 * import { metricOf, modelNamed, onnxRuntime, Scorer } from "@esnas/core";
 * import * as ort from "onnxruntime-node";
 *
 * const scorer = new Scorer(onnxRuntime(ort), { seed: 1 });
 * const architecture = modelNamed("edgenext_xxs").build({ resolution: 128 });
 * console.log(await scorer.score(architecture, metricOf("naswot")));
 * await scorer.release();
 * ```
 */
export class Scorer {
  readonly #seed: number;
  readonly #images: ScorerOptions["images"];
  readonly #sessions: BlockSessions;
  readonly #weights: BlockWeights;
  readonly #prefixes: PrefixMemo | undefined;
  /** Ends when all that was asked for is scored: a session must not be released while it runs. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, options: ScorerOptions) {
    const isRuntime = isObject(runtime) && typeof runtime.createSession === "function";
    checkArgument(isRuntime, 'Scorer: "runtime"', runtime, "a runtime, as onnxRuntime(ort) gives one");
    checkArgument(isObject(options) && typeof options.seed === "number", 'Scorer: "options"', options, "{ seed: 0 }");
    const {
      seed,
      sessions = 128,
      sessionBytes = 512 * MEBIBYTE,
      weightBytes = 64 * MEBIBYTE,
      prefixBytes = 32 * MEBIBYTE,
      images,
    } = options;
    this.#seed = seed;
    this.#images = images;
    this.#sessions = new BlockSessions(runtime, sessions, sessionBytes);
    this.#weights = new BlockWeights(weightBytes);
    this.#prefixes = prefixBytes === 0 ? undefined : new PrefixMemo(prefixBytes);
  }

  /**
   * The score of an architecture, rounded to the digits of the metric's contract.
   * @throws {@link UnscorableError} where the metric's contract excludes the architecture.
   */
  async score(architecture: Architecture, metric: Metric): Promise<Score> {
    if (!isForward(metric)) return scoreStatic(architecture, metric);
    const [score] = await this.#scoresOfRuns(architecture, [metric], this.#seed);
    if (score === undefined) throw new Error(`${metric.id} gave no score`);
    return score;
  }

  /**
   * The scores by several metrics; what a metric's contract excludes has the reason in place of a score. Metrics of equal
   * inputs share their runs, and score what they score alone. Another seed than the scorer's own shares its sessions.
   */
  async scores(
    architecture: Architecture,
    metrics: readonly Metric[],
    seed = this.#seed,
  ): Promise<Record<string, Score>> {
    const scores = new Map<Metric, Score>();
    const groups = new Map<string, ForwardMetric[]>();
    for (const metric of metrics) {
      if (!isForward(metric)) {
        scores.set(metric, scoreOrReason(architecture, metric));
        continue;
      }
      const key = JSON.stringify(Object.entries({ ...usualInput, ...metric.input }).toSorted());
      groups.set(key, [...(groups.get(key) ?? []), metric]);
    }
    for (const group of groups.values()) {
      const shared = await this.#scoresTogether(architecture, group, seed);
      group.forEach((metric, i) => {
        const score = shared[i];
        if (score !== undefined) scores.set(metric, score);
      });
    }
    return Object.fromEntries(
      metrics.flatMap((metric) => {
        const score = scores.get(metric);
        return score === undefined ? [] : [[metric.id, score]];
      }),
    );
  }

  /** What excludes one metric is no reason for the others: they are scored one by one then. */
  async #scoresTogether(
    architecture: Architecture,
    group: readonly ForwardMetric[],
    seed: number,
  ): Promise<readonly Score[]> {
    try {
      return await this.#scoresOfRuns(architecture, group, seed);
    } catch (error) {
      const reason = unscorable(error);
      if (group.length === 1) return [reason];
      const alone: Score[] = [];
      for (const metric of group) {
        for (const score of await this.#scoresTogether(architecture, [metric], seed)) alone.push(score);
      }
      return alone;
    }
  }

  /** The scores by metrics of one input, which is the first one's. */
  async #scoresOfRuns(
    architecture: Architecture,
    metrics: readonly ForwardMetric[],
    seed: number,
  ): Promise<readonly Score[]> {
    const [first] = metrics;
    if (first === undefined) return [];
    for (const metric of metrics) checkFile(architecture, metric);
    const resized = atResolution(architecture, first.input.resolution);
    const scores = this.#queue.then(() => this.#meanScores(resized, metrics, first.input, seed));
    this.#queue = scores.catch(() => {});
    return (await scores).map((score, i) => rounded(score, (metrics[i] ?? first).contract));
  }

  /** Means over the repeats, or the first reason why there is none. */
  async #meanScores(
    architecture: Architecture,
    metrics: readonly ForwardMetric[],
    input: ForwardMetric["input"],
    scorerSeed: number,
  ): Promise<Score[]> {
    const totals: Score[] = metrics.map(() => 0);
    const shape = [input.batch, ...architecture.input.slice(1)];
    for (let repeat = 0; repeat < input.repeats; repeat++) {
      const seed = `${scorerSeed}.${repeat}`;
      let drawn: TensorData | undefined;
      const images = () => {
        drawn ??= this.#imagesOf(input, seed, shape);
        return drawn;
      };
      const { perturbation } = input;
      const observed = await this.#observe(architecture, metrics, images, seed);
      const perturbed =
        perturbation === undefined
          ? []
          : await this.#observe(architecture, metrics, () => perturbedBy(images(), perturbation, seed), seed, true);
      metrics.forEach((metric, i) => {
        const total = totals[i];
        if (total === undefined || !isValue(total)) return;
        const score = metric.reduce(observed[i] ?? [], perturbed[i] ?? []);
        totals[i] = isValue(score) ? total + score : score;
      });
    }
    return totals.map((total) => (isValue(total) ? total / input.repeats : total));
  }

  #imagesOf({ noise, images }: ForwardMetric["input"], seed: string, shape: readonly number[]): TensorData {
    const drawn = this.#images?.(shape) ?? noiseImages(noise ?? "normal", seed, shape);
    return images === "circle" ? onCircle(drawn) : drawn;
  }

  /** What each metric observes in one run; images are drawn where no run has begun with the same block. */
  async #observe(
    { input, blocks }: Architecture,
    metrics: readonly ForwardMetric[],
    images: () => TensorData,
    seed: string,
    perturbed = false,
  ): Promise<Observed[][]> {
    const unit = metrics[0]?.input.weights === "unit";
    const ids = metrics.map(({ id }) => id).join();
    const run = `${ids}|${seed}|${perturbed}|${input}`;
    const steps: Step[] = this.#prefixes?.recall(run, blocks) ?? [];
    for (const block of blocks.slice(steps.length)) {
      const signal = steps.at(-1)?.signal ?? images();
      const step = await this.#sessions.run(block, metrics, ids, signal, (noise) => ({
        ...this.#weights.of(block, seed, unit),
        ...noiseOf(noise, block, seed),
      }));
      steps.push(step);
    }
    this.#prefixes?.keep(run, blocks, steps);
    return metrics.map((_, i) => steps.flatMap(({ observed }) => observed[i] ?? []));
  }

  /** Gives all sessions back. The scorer cannot be used afterwards. */
  async release(): Promise<void> {
    await this.#queue;
    this.#weights.clear();
    this.#prefixes?.clear();
    await this.#sessions.release();
  }
}

/** Bytes of activations that a file may take at once. */
const MOST_MEMORY = 4 * 2 ** 30;

/** @throws {@link UnscorableError} where a network from a file is not what a metric can score. */
function checkFile({ name, blocks: [block] }: Architecture, { contract, input, id }: ForwardMetric): void {
  const file = block?.spec.kind === "graph" ? block.spec.graph.file : undefined;
  if (block === undefined || file === undefined) return;
  if (contract.blockwise) {
    throw new UnscorableError(`${contract.name} scores chains of blocks, and "${name}" from a file is none`);
  }
  if (input.batch > 1 && file.fixedBatch !== undefined) {
    throw new UnscorableError(`needs a batch of ${input.batch}, and the file works with one of 1 alone`);
  }
  const bytes = costsOfBlock(block).peakMemory * input.batch;
  if (bytes > MOST_MEMORY) {
    throw new UnscorableError(
      `needs ${(bytes / 2 ** 30).toFixed(1)} GiB of activations at a batch of ${input.batch}: give a smaller batch, as in ${id.replace(/\(.*/, "")}(batch=1), or smaller images`,
    );
  }
}

function perturbedBy({ data, shape }: TensorData, share: number, seed: string): TensorData {
  const noise = normalValues(seed, "perturbation", shape, share);
  return { shape, data: data.map((value, i) => value + (noise[i] ?? 0)) };
}

/**
 * Height and width of the images that a score is of: those of a metric that runs networks on small images, or else the network's own.
 * A network from a file keeps its own in any case. Undefined where the network cannot take the metric's.
 */
export function imagesScored(architecture: Architecture, metric: Metric): readonly number[] | undefined {
  try {
    const scored = isForward(metric) ? atResolution(architecture, metric.input.resolution) : architecture;
    return scored.input.slice(2);
  } catch (error) {
    if (error instanceof UnscorableError) return undefined;
    throw error;
  }
}
