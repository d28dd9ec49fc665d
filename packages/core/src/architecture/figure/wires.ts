/** @file The ways that arrows take: down from block to block, and around the cards from the end of a column to the next. */

import { largest } from "../../base/extremes.js";
import { type Column, GUTTER, lowerEdge, MARGIN, type PlacedItem, type Rectangle, TAPER } from "./layout.js";
import type { Point } from "./shapes.js";

/** The corners of the arrows from item to item, in order. */
export function wiresOf(columns: readonly Column[]): Point[][] {
  return columns.flatMap((column, i) => {
    const within = column.items.slice(1).map(({ box }, j) => downwards(column.items[j]?.box ?? box, box));
    const next = columns[i + 1];
    if (next === undefined) return within;
    const band = columns.filter(({ card }) => card.y === column.card.y);
    return [...within, acrossGutter(column, next, largest(band.map(({ card }) => lowerEdge(card))))];
  });
}

function downwards(from: Rectangle, to: Rectangle): Point[] {
  const x = from.x + from.width / 2;
  return [
    [x, lowerEdge(from)],
    [x, to.y],
  ];
}

/**
 * From the right of a column's last item along the gutter to the left of the next column's first; where that stands in the
 * next band, by way of the gap below this one.
 */
function acrossGutter({ items, card }: Column, next: Column, bandBottom: number): Point[] {
  const [from, to] = [items.at(-1), next.items[0]];
  if (from === undefined || to === undefined) return [];
  const [startY, endY] = [middleOf(from), middleOf(to)];
  const start: Point = [from.box.x + from.box.width - taperOf(from), startY];
  const end: Point = [to.box.x + taperOf(to), endY];
  const gutter = card.x + card.width + GUTTER / 2;
  if (next.card.x < card.x) {
    const [margin, below] = [MARGIN - GUTTER / 2, bandBottom + GUTTER / 2];
    return [start, [gutter, startY], [gutter, below], [margin, below], [margin, endY], end];
  }
  return startY === endY ? [start, end] : [start, [gutter, startY], [gutter, endY], end];
}

function middleOf({ box }: PlacedItem): number {
  return box.y + box.height / 2;
}

/** How far from its box the side of an item is at half its height. */
function taperOf({ item }: PlacedItem): number {
  return item.kind === "block" && item.block.kind === "downsample" ? TAPER / 2 : 0;
}
