/** @file Each bound beside what a network uses of it, as data and in words. */

import type { BoundedCost, BoundedCosts, Bounds, Constraints } from "./constraints.js";
import { costText } from "./units.js";

/** A bound, and what was used. */
export interface Usage extends Bounds {
  readonly cost: BoundedCost;
  readonly used: number;
  /** What was used as a share of the upper bound, where there is one. */
  readonly share?: number;
}

/** Bounds by cost, which may have more beside them, such as a predictor. */
type BoundsOfCosts = { readonly [cost in BoundedCost]?: Bounds } | Constraints;

/** What costs use of each bound, in the order of the bounds; a cost that is not known is left out. */
export function usageOf(costs: Partial<BoundedCosts>, constraints: BoundsOfCosts): Usage[] {
  return (Object.entries(constraints) as [BoundedCost, Bounds][]).flatMap(([cost, { min, max }]) => {
    const used = costs[cost];
    if (used === undefined || (min === undefined && max === undefined)) return [];
    return [
      {
        cost,
        used,
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max, share: used / max }),
      },
    ];
  });
}

/** What follows an amount in a sentence. */
const nouns: Readonly<Record<BoundedCost, string>> = {
  parameters: " parameters",
  macs: " MACs",
  activations: " activations",
  activationLayers: " nonlinearities",
  peakMemory: " of activations in float32",
  latency: " predicted",
};

/** Bytes of an element in float32, in which memory is counted; in int8 it is one. */
const FLOAT32 = 4;

/** `of 1.33 M (98 %)`, `at least 1.00 M`: the bound alone, to stand behind what was used. */
export function boundText(usage: Pick<Usage, "cost" | "used" | "min" | "max">): string {
  const { cost, max } = usage;
  return `${max === undefined ? "" : `of ${costText(cost, max)}`}${ofBound(usage)}`.replace(/^, /, "");
}

/** `1.31 M of 1.33 M (98 %)`, `1.31 M, at least 1.00 M`: what is used of a bound, without its name. */
export function usageText(usage: Pick<Usage, "cost" | "used" | "min" | "max">): string {
  return `${usedOf(usage, 1, "")}${ofBound(usage)}`;
}

/**
 * `1.31 M of 1.33 M parameters (98 %)`; of memory, which is counted in float32, what it is in int8 too:
 * `640 kB of 1.02 MB of activations in float32, 160 kB of 256 kB in int8 (62 %)`.
 */
export function usageInWords(usage: Pick<Usage, "cost" | "used" | "min" | "max">): string {
  const words = usedOf(usage, 1, nouns[usage.cost]);
  const inInt8 = usage.cost === "peakMemory" ? `, ${usedOf(usage, FLOAT32, " in int8")}` : "";
  return `${words}${inInt8}${ofBound(usage)}`;
}

function usedOf({ cost, used, max }: Pick<Usage, "cost" | "used" | "max">, divisor: number, noun: string): string {
  const [amount, most] = [used, max].map((value) => value && costText(cost, value / divisor));
  return max === undefined ? `${amount}${noun}` : `${amount} of ${most}${noun}`;
}

/** A share of less than the whole is never rounded up to it. */
function ofBound({ cost, used, min, max }: Pick<Usage, "cost" | "used" | "min" | "max">): string {
  const percent = max === undefined ? 0 : Math.floor((100 * used) / max);
  const share = max === undefined ? "" : ` (${used < max ? Math.min(percent, 99) : percent} %)`;
  return `${share}${min === undefined ? "" : `, at least ${costText(cost, min)}`}`;
}
