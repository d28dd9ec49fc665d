/**
 * @file What runs have come to after each block of a chain, kept by the blocks up to there: chains that begin alike are run from
 * where they part. Weights and images are functions of seed and name, so that nothing of a score changes.
 */

import { LRUCache } from "lru-cache";
import type { PlacedBlock } from "../architecture/architecture.js";
import type { Observed } from "../metrics/metric.js";
import type { TensorData } from "../runtime/session.js";

/** All that tells blocks of a chain apart. */
type Placed = Pick<PlacedBlock, "name" | "key">;

/** What a run has come to after one block. */
export interface Step {
  /** The block's output, which is the next block's input; absent for a file, which is the last, and may give any type. */
  readonly signal?: TensorData;
  /** What each metric observes in the block. */
  readonly observed: readonly (readonly Observed[])[];
}

interface Kept {
  /** Stands for the blocks up to here in the keys of longer prefixes. */
  readonly id: number;
  readonly step: Step;
}

/** Bytes that an array takes beside its elements, about. */
const ARRAY_BYTES = 400;

/** What is not used for longest leaves, a prefix not before those that go on from it. */
export class PrefixMemo {
  readonly #kept: LRUCache<string, Kept>;
  #ids = 0;

  /** @param bytes - That are kept at most. */
  constructor(bytes: number) {
    this.#kept = new LRUCache({ maxSize: bytes, sizeCalculation: ({ step }) => bytesOf(step) });
  }

  /**
   * The steps that are kept of a chain, from its first block on.
   * @param run - Names all that a run depends on beside the blocks.
   */
  recall(run: string, blocks: readonly Placed[]): Step[] {
    const steps: Step[] = [];
    let before = run;
    for (const block of blocks) {
      const kept = this.#kept.peek(keyOf(before, block));
      if (kept === undefined) break;
      steps.push(kept.step);
      before = `${kept.id}`;
    }
    return steps;
  }

  /** Keeps the steps of a chain, those that were recalled among them. */
  keep(run: string, blocks: readonly Placed[], steps: readonly Step[]): void {
    let before = run;
    const path = steps.flatMap((step, i) => {
      const block = blocks[i];
      if (block === undefined) return [];
      const key = keyOf(before, block);
      const kept = this.#kept.peek(key) ?? { id: ++this.#ids, step };
      before = `${kept.id}`;
      return [{ key, kept }];
    });
    // The longest first, which makes it the first of them to leave: without what it begins with it would not be found.
    for (const { key, kept } of path.toReversed()) this.#kept.set(key, kept);
  }

  clear(): void {
    this.#kept.clear();
  }
}

function keyOf(before: string, { name, key }: Placed): string {
  return `${before}|${name}|${key}`;
}

function bytesOf({ signal, observed }: Step): number {
  const tensors = observed.flatMap((ofMetric) => ofMetric.flatMap(({ values }) => values));
  if (signal !== undefined) tensors.push(signal);
  return tensors.reduce((bytes, { data }) => bytes + data.byteLength + ARRAY_BYTES, ARRAY_BYTES);
}
