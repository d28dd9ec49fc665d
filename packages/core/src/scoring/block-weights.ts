/** @file Random weights of blocks in their places, and random inputs of metrics there: what goes into a block's session beside the signal. */

import { LRUCache } from "lru-cache";
import { blockGraph, type PlacedBlock, parameterName } from "../architecture/architecture.js";
import type { Parameter } from "../graph/graph.js";
import type { TensorData } from "../runtime/session.js";
import { drawnValues, normalValues, parameterValues } from "../runtime/weights.js";

/** Values by the names of a graph's inputs. */
type Feeds = Readonly<Record<string, TensorData>>;

/** Bytes that the weights of a block take beside their values, about. */
const BLOCK_BYTES = 1024;

/** Keeps weights, since drawing them costs about as much as running the block on small images. */
export class BlockWeights {
  readonly #kept: LRUCache<string, Feeds>;

  /** @param bytes - That are kept at most. */
  constructor(bytes: number) {
    this.#kept = new LRUCache<string, Feeds>({
      maxSize: bytes,
      sizeCalculation: (feeds) => Object.values(feeds).reduce((sum, { data }) => sum + data.byteLength, BLOCK_BYTES),
    });
  }

  /**
   * The random weights of a block in its place, by the names of the block's own graph.
   * @param unit - Of standard deviation 1, in place of that of their initialisation.
   */
  of(block: PlacedBlock, seed: string, unit: boolean): Feeds {
    const key = `${seed}|${unit}|${block.name}|${block.key}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const weights: Record<string, TensorData> = {};
    for (const [name, parameter] of blockGraph(block).parameters) {
      const { initialisation, shape, drawn } = parameter;
      if (initialisation.kind === "given") weights[name] = { data: parameterValues(seed, parameter), shape };
      if (initialisation.kind !== "normal") continue;
      const std = unit ? 1 : initialisation.std;
      const by = parameterName(block, drawn?.by ?? name);
      weights[name] = { data: drawnValues(seed, parameter, by, std), shape };
    }
    this.#kept.set(key, weights);
    return weights;
  }

  clear(): void {
    this.#kept.clear();
  }
}

/** Whether the values of a parameter go in at each run. */
export function isFed({ initialisation: { kind } }: Parameter): boolean {
  return kind === "normal" || kind === "given";
}

/** Values of the metrics' own random inputs, which do not depend on a metric's number among those that share a run. */
export function noiseOf(noise: readonly Parameter[], block: PlacedBlock, seed: string): Feeds {
  return Object.fromEntries(
    noise.map(({ name, shape }) => {
      const draw = parameterName(block, name.slice(name.indexOf(".") + 1));
      return [name, { data: normalValues(seed, draw, shape), shape }];
    }),
  );
}
