/** @file Where a network comes from, in words. */

/** Bounds by cost; also of a file that names other costs than there are. */
type BoundsInFile = Readonly<
  Record<string, { readonly min?: number | undefined; readonly max?: number | undefined } | undefined>
>;

/**
 * What a file says of the search that its network comes from, a paragraph each.
 * @param command - The command line that makes it again.
 */
export function foundBy(command: string, constraints: BoundsInFile): string[] {
  const budget = Object.entries(constraints).flatMap(([cost, { min, max } = {}]) => [
    ...(min === undefined ? [] : [`at least ${min.toLocaleString("en-US")} ${inWords(cost)}`]),
    ...(max === undefined ? [] : [`at most ${max.toLocaleString("en-US")} ${inWords(cost)}`]),
  ]);
  return [`Budget: ${budget.length === 0 ? "none" : budget.join(", ")}.`, "Found without training by", command];
}

/** `macs`: multiply-accumulates; `peakMemory`: peak memory. */
function inWords(cost: string): string {
  return cost === "macs" ? "multiply-accumulates" : cost.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
