/** @file Which part of a network takes most of a cost, and what of its task would have to change for less. */

import type { PlacedBlock } from "../architecture/architecture.js";
import type { InfeasibleError } from "../base/errors.js";
import { largest } from "../base/extremes.js";

export interface Part {
  /** `the 1000-class head`, `stages.0 at 64 x 64`, `the stem` */
  readonly name: string;
  readonly amount: number;
  /** Absent: a smaller task would not make it smaller. */
  readonly remedy?: InfeasibleError["remedy"];
}

/**
 * The part that takes most: the stem, a stage or the head; of memory, of which only the most at once counts, a block.
 * @param costOf - The cost of one block.
 */
export function largestPart(
  blocks: readonly PlacedBlock[],
  cost: string,
  costOf: (block: PlacedBlock) => number,
): Part {
  const parts = new Map<string, PlacedBlock[]>();
  for (const block of blocks) {
    const name = cost === "peakMemory" && block.name !== "stem" ? block.name : partOf(block.name);
    parts.set(name, [...(parts.get(name) ?? []), block]);
  }
  const amounts = [...parts].map(([name, members]) => ({
    name,
    members,
    amount: members.reduce((sum, block) => sum + costOf(block), 0),
  }));
  const most = largest(amounts.map(({ amount }) => amount));
  const { name = "", members = [], amount = 0 } = amounts.find((part) => part.amount === most) ?? {};
  const [first] = members;
  if (first !== undefined && "classes" in first.spec)
    return {
      name: `the ${first.spec.classes}-class head`,
      amount,
      ...(first.spec.classes > 1 && { remedy: "classes" }),
    };
  const map = mapOf(members);
  const where = `${name}${map === undefined ? "" : ` at ${map}`}`;
  return { name: where, amount, ...(cost !== "parameters" && map !== undefined && { remedy: "images" }) };
}

/** `stages.0` of `stages.0.blocks.1` */
function partOf(block: string): string {
  return /^stages\.\d+(?=\.)/.exec(block)?.[0] ?? (block === "stem" ? "the stem" : block);
}

/** `64 x 64`: the feature map that a part gives, if it gives one. */
function mapOf(blocks: readonly PlacedBlock[]): string | undefined {
  const { output = [] } = blocks.at(-1) ?? {};
  return output.length === 4 ? output.slice(2).join(" x ") : undefined;
}
