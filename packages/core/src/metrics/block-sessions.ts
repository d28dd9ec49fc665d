/**
 * @file Sessions of blocks with the observations of metrics, kept by what the block is: with sizes frozen, a search over
 * topologies uses only a few dozen of them, and creating a session costs more than running it.
 */

import { LRUCache } from "lru-cache";
import { blockGraph, type PlacedBlock } from "../architecture/architecture.js";
import { UnscorableError } from "../errors.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { type Graph, outputOf, type Parameter } from "../graph/graph.js";
import { encode } from "../onnx/encode.js";
import { runtimeMessage } from "../onnx/import/shapes.js";
import type { Runtime, Session, TensorData } from "../runtime/session.js";
import { parameterValues } from "../runtime/weights.js";
import { isFed } from "./block-weights.js";
import type { ForwardMetric, Observed } from "./metric.js";
import type { Step } from "./prefix-memo.js";

/** A block with the observations of metrics that see the same runs, ready to run. */
interface Probe {
  /** Absent where nothing of a file is observed. */
  readonly session?: Session;
  /** The block's own output; absent for a file, which is the last, and may give any type. */
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

/** Holds sessions; `release` it when done, and while none of them runs. */
export class BlockSessions {
  readonly #runtime: Runtime;
  readonly #probes: LRUCache<string, Probe>;
  /** Releases of sessions that were not used for longest. */
  readonly #releases = new Set<Promise<void>>();

  /** @param most Sessions that are kept. */
  constructor(runtime: Runtime, most: number) {
    this.#runtime = runtime;
    this.#probes = new LRUCache<string, Probe>({
      max: most,
      dispose: ({ session }) => {
        if (session === undefined) return;
        const release = session.release().finally(() => this.#releases.delete(release));
        this.#releases.add(release);
      },
    });
  }

  /**
   * Runs a block.
   * @param ids Of the metrics, as text.
   * @param feedsOf Weights, and the metrics' own random inputs, by the names of the inputs of the block's graph.
   * @throws {UnscorableError} where the runtime does not run a file.
   */
  async run(
    block: PlacedBlock,
    metrics: readonly ForwardMetric[],
    ids: string,
    signal: TensorData,
    feedsOf: (noise: readonly Parameter[]) => Readonly<Record<string, TensorData>>,
  ): Promise<Step> {
    const graph = blockGraph(block);
    const { session, output, observations, noise } = await this.#probe(block, metrics, ids);
    const feeds = { [graph.input]: signal, ...feedsOf(noise) };
    const results = session === undefined ? {} : await ofFile(graph, () => session.run(feeds));
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
    const fresh = await this.#createProbe(blockGraph(block), metrics);
    this.#probes.set(key, fresh);
    return fresh;
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

/** What a runtime says of nodes that are not ours is a reason, not a defect. */
async function ofFile<T>(graph: Graph, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (graph.file === undefined) throw error;
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
