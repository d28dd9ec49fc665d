/** @file The way through candidates by keys, for whoever uses no mouse. */

/** Candidates among which keys go. */
export interface Walk {
  readonly chosen: number | undefined;
  /** Candidates on the front, from the left to the right. */
  readonly front: readonly number[];
  readonly xs: ArrayLike<number>;
  readonly count: number;
}

/** Where a key leads to: left and right along the front, up and down in the order of asking; undefined for another key. */
export function stepBy(key: string, { chosen, front, xs, count }: Walk): number | undefined {
  const along = (by: number) => {
    if (chosen === undefined) return front[by > 0 ? 0 : front.length - 1];
    const at = xs[chosen] ?? 0;
    const isBeyond = (i: number) => (by > 0 ? (xs[i] ?? 0) > at : (xs[i] ?? 0) < at);
    return (by > 0 ? front.find(isBeyond) : front.findLast(isBeyond)) ?? chosen;
  };
  const inOrder = (by: number) => Math.min(count - 1, Math.max(0, chosen === undefined ? 0 : chosen + by));
  switch (key) {
    case "ArrowRight":
      return along(1);
    case "ArrowLeft":
      return along(-1);
    case "ArrowUp":
      return inOrder(1);
    case "ArrowDown":
      return inOrder(-1);
    case "Home":
      return front[0];
    case "End":
      return front.at(-1);
    default:
      return undefined;
  }
}
