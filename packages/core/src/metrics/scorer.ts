/**
 * @file Scores architectures. Forward metrics run a chain of block sessions, kept by what the block is: with sizes frozen, a
 * search over topologies uses only a few dozen of them, and creating a session costs more than running it.
 */

import { LRUCache } from "lru-cache";
import {
  type Architecture,
  blockGraph,
  chain,
  costsOfBlock,
  type PlacedBlock,
  parameterName,
} from "../architecture/architecture.js";
import { GraphError, UnscorableError } from "../errors.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { type Graph, outputOf, type Parameter } from "../graph/graph.js";
import { encode } from "../onnx/encode.js";
import { runtimeMessage } from "../onnx/import/shapes.js";
import { noiseImages, onCircle } from "../runtime/noise.js";
import type { Runtime, Session, TensorData } from "../runtime/session.js";
import { normalValues, parameterValues } from "../runtime/weights.js";
import {
  type ForwardMetric,
  isValue,
  type Metric,
  type Observed,
  rounded,
  type Score,
  type StaticMetric,
} from "./metric.js";

/** A block with the observations of metrics that see the same runs, ready to run. */
interface Probe {
  /** Absent where nothing of a file is observed. */
  readonly session?: Session;
  /** The block's own output, which is the next block's input; absent for a file, which is the last, and may give any type. */
  readonly output?: string;
  /** Of each metric, the names of the tensors of each observation. */
  readonly observations: readonly (readonly NamedObservation[])[];
  /** Random inputs of the metrics' own. */
  readonly noise: readonly Parameter[];
}

interface NamedObservation {
  readonly size: number;
  readonly tensors: readonly string[];
}

export interface ScorerOptions {
  /** Seeds weights and noise. */
  readonly seed: number;
  /** Block sessions kept alive; some 0.1 to 1 MB each. */
  readonly sessions?: number;
  /** Bytes of weights kept, by block and place. */
  readonly weightBytes?: number;
  /** Gives the images of a shape (`[N, C, H, W]`) in place of noise, whatever noise a metric asks for. */
  readonly images?: (shape: readonly number[]) => TensorData;
}

/** Weights and noise by the names of a graph's inputs. */
type Feeds = Readonly<Record<string, TensorData>>;

/** Holds sessions; `release` it when done. Scores that are asked for at once are made one after another. */
export class Scorer {
  readonly #runtime: Runtime;
  readonly #seed: number;
  readonly #images: ScorerOptions["images"];
  readonly #probes: LRUCache<string, Probe>;
  readonly #weights: LRUCache<string, Feeds>;
  /** Ends when all that was asked for is scored: a session must not be released while it runs. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Releases of sessions that were not used for longest. */
  readonly #releases = new Set<Promise<void>>();

  constructor(runtime: Runtime, { seed, sessions = 512, weightBytes = 128 * 2 ** 20, images }: ScorerOptions) {
    this.#runtime = runtime;
    this.#seed = seed;
    this.#images = images;
    this.#probes = new LRUCache<string, Probe>({
      max: sessions,
      dispose: ({ session }) => {
        if (session === undefined) return;
        const release = session.release().finally(() => this.#releases.delete(release));
        this.#releases.add(release);
      },
    });
    this.#weights = new LRUCache<string, Feeds>({
      maxSize: weightBytes,
      sizeCalculation: (feeds) => Object.values(feeds).reduce((bytes, { data }) => bytes + data.byteLength, 1024),
    });
  }

  /**
   * The score of an architecture, rounded to the digits of the metric's contract.
   * @throws {UnscorableError} where the metric's contract excludes the architecture.
   */
  async score(architecture: Architecture, metric: Metric): Promise<Score> {
    if (!("observe" in metric)) return scoreStatic(architecture, metric);
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
      if (!("observe" in metric)) {
        scores.set(metric, await this.score(architecture, metric).catch(unscorable));
        continue;
      }
      const key = JSON.stringify(Object.entries(metric.input).toSorted());
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
      for (const metric of group) alone.push(...(await this.#scoresTogether(architecture, [metric], seed)));
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
    for (let repeat = 0; repeat < input.repeats; repeat++) {
      const seed = `${scorerSeed}.${repeat}`;
      const shape = [input.batch, ...architecture.input.slice(1)];
      const noise = this.#images?.(shape) ?? noiseImages(input.noise ?? "normal", seed, shape);
      const images = input.images === "circle" ? onCircle(noise) : noise;
      const observed = await this.#observe(architecture, metrics, images, seed);
      const perturbed =
        input.perturbation === undefined
          ? []
          : await this.#observe(architecture, metrics, perturbedBy(images, input.perturbation, seed), seed);
      metrics.forEach((metric, i) => {
        const total = totals[i];
        if (total === undefined || !isValue(total)) return;
        const score = metric.reduce(observed[i] ?? [], perturbed[i] ?? []);
        totals[i] = isValue(score) ? total + score : score;
      });
    }
    return totals.map((total) => (isValue(total) ? total / input.repeats : total));
  }

  async release(): Promise<void> {
    await this.#queue;
    this.#probes.clear();
    this.#weights.clear();
    await Promise.all(this.#releases);
  }

  /** What each metric observes in one run. */
  async #observe(
    architecture: Architecture,
    metrics: readonly ForwardMetric[],
    images: TensorData,
    seed: string,
  ): Promise<Observed[][]> {
    const unit = metrics[0]?.input.weights === "unit";
    let signal = images;
    const observed: Observed[][] = metrics.map(() => []);
    for (const block of architecture.blocks) {
      const { session, output, observations, noise } = await this.#probe(block, metrics);
      const graph = blockGraph(block);
      const weights = this.#weightsOf(graph, block, seed, unit);
      const feeds = { [graph.input]: signal, ...weights, ...noiseOf(noise, block, seed) };
      const results = session === undefined ? {} : await ofFile(graph, () => session.run(feeds));
      const result = (name: string): TensorData => {
        const tensor = results[name];
        if (tensor === undefined) throw new Error(`the runtime gave no "${name}"`);
        return tensor;
      };
      observations.forEach((ofMetric, i) => {
        for (const { size, tensors } of ofMetric) observed[i]?.push({ size, values: tensors.map(result) });
      });
      if (output !== undefined) signal = result(output);
    }
    return observed;
  }

  async #probe(block: PlacedBlock, metrics: readonly ForwardMetric[]): Promise<Probe> {
    const key = `${metrics.map(({ id }) => id).join()}|${block.key}`;
    const known = this.#probes.get(key);
    if (known !== undefined) return known;
    const fresh = await this.#createProbe(blockGraph(block), metrics);
    this.#probes.set(key, fresh);
    return fresh;
  }

  /** The random weights of a block in its place, by the names of the block's own graph. */
  #weightsOf(graph: Graph, block: PlacedBlock, seed: string, unit: boolean): Feeds {
    const key = `${seed}|${unit}|${block.name}|${block.key}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const weights: Record<string, TensorData> = {};
    for (const [name, parameter] of graph.parameters) {
      const { initialisation, shape } = parameter;
      if (initialisation.kind === "given") weights[name] = { data: parameterValues(seed, parameter), shape };
      if (initialisation.kind !== "normal") continue;
      const std = unit ? 1 : initialisation.std;
      weights[name] = { data: normalValues(seed, parameterName(block, name), shape, std), shape };
    }
    this.#weights.set(key, weights);
    return weights;
  }

  async #createProbe(graph: Graph, metrics: readonly ForwardMetric[]): Promise<Probe> {
    const { instrumented, observations, noise } = instrument(graph, metrics);
    if (instrumented.outputs.length === 0) return { observations, noise };
    const model = encode(instrumented, {
      opset: 20,
      training: metrics[0]?.input.statistics !== "none",
      values: (parameter) => (isFed(parameter) ? undefined : parameterValues(0, parameter)),
    });
    const session = await ofFile(graph, () => this.#runtime.createSession(model));
    return { session, observations, noise, ...(graph.file === undefined && { output: outputOf(graph) }) };
  }
}

/** Whether the values of a parameter go in at each run. */
function isFed({ initialisation: { kind } }: Parameter): boolean {
  return kind === "normal" || kind === "given";
}

/** Bytes of activations that a file may take at once. */
const MOST_MEMORY = 4 * 2 ** 30;

/** @throws {UnscorableError} where a network from a file is not what a metric can score. */
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

/** What a runtime says of nodes that are not ours is a reason, not a defect. */
async function ofFile<T>(graph: Graph, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (graph.file === undefined) throw error;
    throw new UnscorableError(`ONNX Runtime does not run it: ${runtimeMessage(error)}`, { cause: error });
  }
}

function perturbedBy({ data, shape }: TensorData, share: number, seed: string): TensorData {
  const noise = normalValues(seed, "perturbation", shape, share);
  return { shape, data: data.map((value, i) => value + (noise[i] ?? 0)) };
}

/** Values of the metrics' own random inputs, which do not depend on a metric's number among those that share a run. */
function noiseOf(noise: readonly Parameter[], block: PlacedBlock, seed: string): Feeds {
  return Object.fromEntries(
    noise.map(({ name, shape }) => {
      const draw = parameterName(block, name.slice(name.indexOf(".") + 1));
      return [name, { data: normalValues(seed, draw, shape), shape }];
    }),
  );
}

/** What a metric cannot score, as a score; any other error stays one. */
export function unscorable(error: unknown): Score {
  if (error instanceof UnscorableError) return { value: null, reason: error.message };
  throw error;
}

/** The score by a metric that runs nothing, rounded to the digits of its contract. */
export function scoreStatic(architecture: Architecture, metric: StaticMetric): Score {
  return rounded(metric.score(architecture), metric.contract);
}

/** A graph with the observations of metrics as further outputs. */
export function instrument(graph: Graph, metrics: readonly ForwardMetric[]) {
  const b = new GraphBuilder(graph.name, graph);
  const output = b.tensor(outputOf(graph));
  /** By name, since observations may share a tensor. */
  const outputs = new Map<string, Tensor>(graph.file === undefined ? [[output.name, output]] : []);
  const observations = metrics.map((metric, i) =>
    b
      .block(`metric${i}`, () => metric.observe(b, graph))
      .map(({ size, tensors }): NamedObservation => {
        for (const tensor of tensors) outputs.set(tensor.name, tensor);
        return { size, tensors: tensors.map(({ name }) => name) };
      }),
  );
  const instrumented = b.build([...outputs.values()]);
  const noise = [...instrumented.parameters.values()].filter(({ name }) => !graph.parameters.has(name));
  return { instrumented, observations, noise };
}

/** The same blocks for images of at most `resolution` pixels a side. A network from a file keeps its input. */
export function atResolution(architecture: Architecture, resolution: number): Architecture {
  const [, channels = 1, height = 1, width = 1] = architecture.input;
  if (Math.max(height, width) <= resolution) return architecture;
  const blocks = architecture.blocks.flatMap(({ name, spec }) => (spec.kind === "graph" ? [] : [{ name, spec }]));
  if (blocks.length < architecture.blocks.length) return architecture;
  try {
    return chain(architecture.name, [1, channels, Math.min(height, resolution), Math.min(width, resolution)], blocks);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new UnscorableError(`"${architecture.name}" cannot take images of ${resolution} pixels: ${error.message}`);
  }
}
