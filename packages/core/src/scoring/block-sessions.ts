/**
 * @file Sessions of blocks with the observations of metrics, kept by what the block is: with sizes frozen, a search over
 * topologies uses only a few dozen of them, and creating a session costs more than running it.
 */

import { LRUCache } from "lru-cache";
import { blockGraph, type PlacedBlock } from "../architecture/architecture.js";
import { UnscorableError } from "../base/errors.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { costsOf } from "../graph/cost.js";
import { type Graph, outputOf, type Parameter } from "../graph/graph.js";
import type { ForwardMetric, Observed } from "../metrics/metric.js";
import { encode } from "../onnx/encode.js";
import { runtimeMessage } from "../onnx/import/shapes.js";
import type { Runtime, Session, TensorData } from "../runtime/session.js";
import { parameterValues } from "../runtime/weights.js";
import { isFed } from "./block-weights.js";
import type { Step } from "./prefix-memo.js";

/** A block with the observations of metrics that see the same runs, ready to run. */
interface Probe {
  /** Absent where nothing of a file is observed. */
  readonly session?: Session;
  /** Where the signal goes in. */
  readonly input: string;
  /** The block's own output; absent for a file, which is the last, and may give any type. */
  readonly output?: string;
  /** Of each metric, the names of the tensors of each observation. */
  readonly observations: readonly (readonly NamedObservation[])[];
  /** Random inputs of the metrics' own. */
  readonly noise: readonly Parameter[];
  readonly bytes: number;
}

/** Bytes of a session without the memory of its runs, about. */
const SESSION_BYTES = 2 ** 20;

/** What a run takes beside the block's own peak: reductions of metrics, and what is lost between blocks of memory. */
const PEAKS = 4;

/** A block whose runs take more bytes gives them back after each. */
const MOST_KEPT_BYTES = 2 ** 25;

interface NamedObservation {
  readonly size: number;
  readonly tensors: readonly string[];
}

/** Holds sessions; `release` it when done, and while none of them runs. */
export class BlockSessions {
  readonly #runtime: Runtime;
  readonly #probes: LRUCache<string, Probe>;
  /** Releases of sessions that were not used for longest. */
  readonly #releases = new Set<Promise<void>>();

  /**
   * @param most - Sessions that are kept.
   * @param bytes - That they take at most, about.
   */
  constructor(runtime: Runtime, most: number, bytes: number) {
    this.#runtime = runtime;
    this.#probes = new LRUCache<string, Probe>({
      max: most,
      maxSize: bytes,
      sizeCalculation: (probe) => probe.bytes,
      dispose: ({ session }) => {
        if (session === undefined) return;
        const release = session.release().finally(() => this.#releases.delete(release));
        this.#releases.add(release);
      },
    });
  }

  /**
   * Runs a block.
   * @param ids - Of the metrics, as text.
   * @param feedsOf - Weights, and the metrics' own random inputs, by the names of the inputs of the block's graph.
   * @throws {@link UnscorableError} where the runtime does not run a file.
   */
  async run(
    block: PlacedBlock,
    metrics: readonly ForwardMetric[],
    ids: string,
    signal: TensorData,
    feedsOf: (noise: readonly Parameter[]) => Readonly<Record<string, TensorData>>,
  ): Promise<Step> {
    const { session, input, output, observations, noise } = await this.#probe(block, metrics, ids);
    const feeds = { [input]: signal, ...feedsOf(noise) };
    const results = session === undefined ? {} : await ofFile(block, () => session.run(feeds));
    const result = (name: string): TensorData => {
      const tensor = results[name];
      if (tensor === undefined) throw new Error(`the runtime gave no "${name}"`);
      return tensor;
    };
    const observed = observations.map((ofMetric) =>
      ofMetric.map(({ size, tensors }): Observed => ({ size, values: tensors.map(result) })),
    );
    return { observed, ...(output !== undefined && { signal: result(output) }) };
  }

  async release(): Promise<void> {
    this.#probes.clear();
    await Promise.all(this.#releases);
  }

  async #probe(block: PlacedBlock, metrics: readonly ForwardMetric[], ids: string): Promise<Probe> {
    const key = `${ids}|${block.key}`;
    const known = this.#probes.get(key);
    if (known !== undefined) return known;
    const fresh = await this.#createProbe(block, metrics);
    this.#probes.set(key, fresh);
    return fresh;
  }

  async #createProbe(block: PlacedBlock, metrics: readonly ForwardMetric[]): Promise<Probe> {
    const graph = blockGraph(block);
    const { instrumented, observations, noise } = instrument(graph, metrics);
    const { input } = graph;
    if (instrumented.outputs.length === 0) return { input, observations, noise, bytes: SESSION_BYTES };
    const [first] = metrics;
    const model = encode(instrumented, {
      opset: 20,
      training: first?.input.statistics !== "none",
      values: (parameter) => (isFed(parameter) ? undefined : parameterValues(0, parameter)),
    });
    const runBytes = PEAKS * costsOf(graph).peakMemory * (first?.input.batch ?? 1);
    const keepsMemory = runBytes <= MOST_KEPT_BYTES;
    const session = await ofFile(block, () => this.#runtime.createSession(model, { keepsMemory }));
    const bytes = SESSION_BYTES + (keepsMemory ? runBytes : 0);
    return { session, input, observations, noise, bytes, ...(graph.file === undefined && { output: outputOf(graph) }) };
  }
}

/** What a runtime says of nodes that are not ours is a reason, not a defect. */
async function ofFile<T>({ spec }: PlacedBlock, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (spec.kind !== "graph" || spec.graph.file === undefined) throw error;
    throw new UnscorableError(`ONNX Runtime does not run it: ${runtimeMessage(error)}`, { cause: error });
  }
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
