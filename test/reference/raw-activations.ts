/**
 * @file Raw activations of whole networks, for the references of metrics: one session with every weight stored in it and the
 * tensors that are asked for as outputs, no block sessions and no reductions in the graph.
 */

import {
  type Architecture,
  buildBlock,
  encode,
  type Graph,
  GraphBuilder,
  graphOf,
  normalValues,
  onnxRuntime,
  parameterValues,
  type TensorData,
} from "@esnas/core/internal";
import * as ort from "onnxruntime-node";

export interface RawRun {
  readonly graph: Graph;
  /** The tensors that were asked for. */
  readonly tensors: readonly TensorData[];
}

/**
 * Runs a network with the weights and the noise of a scorer's first repeat.
 * @param input Replaces the noise.
 */
export async function rawRun(
  architecture: Architecture,
  { seed, batch, input }: { readonly seed: number; readonly batch: number; readonly input?: TensorData },
  wanted: (graph: Graph) => readonly string[],
): Promise<RawRun> {
  const graph = graphOf(architecture);
  const names = wanted(graph);
  if (names.length === 0) return { graph, tensors: [] };
  const b = new GraphBuilder("raw", graph);
  const first = `${seed}.0`;
  const model = encode(b.build([...new Set(names)].map((name) => b.tensor(name))), {
    opset: 20,
    training: true,
    values: (parameter) => parameterValues(first, parameter),
  });
  const session = await onnxRuntime(ort).createSession(model);
  const results = await session.run({ [graph.input]: input ?? noise(architecture, first, batch) });
  await session.release();
  return { graph, tensors: names.map((name) => results[name] ?? missing(name)) };
}

/** The noise that a scorer feeds in a repeat. */
export function noise({ input }: Architecture, repeat: string, batch: number): TensorData {
  const shape = [batch, ...input.slice(1)];
  return { data: normalValues(repeat, "input", shape), shape };
}

function missing(name: string): never {
  throw new Error(`the runtime gave no "${name}"`);
}

/** What enters the nonlinearities, in the order of the network. */
export function preActivations(graph: Graph): string[] {
  return graph.nodes.flatMap(({ operator, inputs: [pre] }) =>
    ["Relu", "Clip", "Gelu", "HardSwish", "Swish"].includes(operator) && pre !== undefined ? [pre] : [],
  );
}

/** What the blocks of a chain give, in the graph of the whole network. */
export function blockOutputs({ name, input, blocks }: Architecture): string[] {
  const b = new GraphBuilder(name);
  let x = b.input("input", input);
  return blocks.map(({ name: block, spec }) => {
    if (spec.kind !== "graph") x = b.block(block, () => buildBlock(b, x, spec));
    return x.name;
  });
}

/** The channels of one sample of `[N, C, H, W]`, each a list over positions. */
export function channelsOf({ data, shape }: TensorData, sample: number): number[][] {
  const [, channels = 1, height = 1, width = 1] = shape;
  const positions = height * width;
  return Array.from({ length: channels }, (_, c) => {
    const from = (sample * channels + c) * positions;
    return [...data.subarray(from, from + positions)];
  });
}

/** Elements of one sample. */
export function sampleOf({ data, shape: [batch = 1] }: TensorData, sample: number): Float32Array {
  const size = data.length / batch;
  return data.subarray(sample * size, (sample + 1) * size);
}
