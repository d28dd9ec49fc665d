/**
 * @file Where everything of a figure stands: a column a stage, its blocks below each other in a card, the feature map that
 * it gives above the card; columns side by side, in as many bands as the figure's width asks for. Lengths are in pixels.
 */

import { largest } from "../../base/extremes.js";
import type { BlockDescription, StageDescription } from "../describe.js";

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What stands in a column: a block, or the text of one of the network's two ends. */
export type Item =
  | { readonly kind: "block"; readonly block: BlockDescription }
  | { readonly kind: "input" | "output"; readonly text: string };

export interface PlacedItem {
  readonly item: Item;
  readonly box: Rectangle;
}

export interface Column {
  readonly stage: StageDescription;
  /** Where the feature map stands, above the card. */
  readonly map: Rectangle;
  readonly card: Rectangle;
  readonly items: readonly PlacedItem[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly Column[];
  /** Where legend and totals stand. */
  readonly footer: Rectangle;
}

export const MARGIN = 32;
export const PADDING = 12;
/** Heights in a card's heading: its title, and four lines of figures. */
export const HEADING_TITLE = 24;
export const HEADING_LINE = 18;
const TITLE = 56;
const MAP = 92;
const HEADING = PADDING + HEADING_TITLE + 4 * HEADING_LINE;
const FOOTER = 58;
/** How far the sides of a downsample draw in from top to bottom. */
export const TAPER = 10;
export const GUTTER = 26;
/** Between blocks, with room for an arrow. */
const GAP = 14;
const STAGE_WIDTH = 187;
const END_WIDTH = 148;
const MIN_WIDTH = 760;
const MAX_WIDTH = 1240;
const BOX = 30;
const TWO_LINES = 50;

/**
 * Lays a network out.
 * @param ends - what stands before the first block and after the last
 */
export function layOut(
  stages: readonly StageDescription[],
  ends: { readonly input: Item; readonly output: Item },
): Layout {
  const columns: Column[] = [];
  let [left, top, bottom] = [MARGIN, MARGIN + TITLE, 0];
  stages.forEach((stage, i) => {
    const width = stage.name === "stem" || stage.name === "head" ? END_WIDTH : STAGE_WIDTH;
    if (left > MARGIN && left + width > MAX_WIDTH - MARGIN) [left, top] = [MARGIN, bottom + GUTTER];
    const blocks = stage.blocks.map((block): Item => ({ kind: "block", block }));
    const opening = i === 0 ? [ends.input] : [];
    const closing = i === stages.length - 1 ? [ends.output] : [];
    const column = placeColumn(stage, [...opening, ...blocks, ...closing], { x: left, y: top, width, height: MAP });
    columns.push(column);
    bottom = Math.max(bottom, lowerEdge(column.card));
    left += width + GUTTER;
  });
  const width = largest([MIN_WIDTH, ...columns.map(({ card }) => card.x + card.width + MARGIN)]);
  const footer = { x: MARGIN, y: bottom + GUTTER, width: width - 2 * MARGIN, height: FOOTER };
  return { width, height: lowerEdge(footer) + MARGIN, columns, footer };
}

function placeColumn(stage: StageDescription, content: readonly Item[], map: Rectangle): Column {
  const { x, width } = map;
  const cardTop = lowerEdge(map);
  let top = cardTop + HEADING + PADDING;
  const items = content.map((item): PlacedItem => {
    const box = { x: x + PADDING, y: top, width: width - 2 * PADDING, height: heightOf(item) };
    top = lowerEdge(box) + GAP;
    return { item, box };
  });
  return { stage, map, card: { x, y: cardTop, width, height: top - GAP + PADDING - cardTop }, items };
}

function heightOf(item: Item): number {
  return item.kind === "block" && item.block.ffn !== undefined ? TWO_LINES : BOX;
}

export function lowerEdge({ y, height }: Rectangle): number {
  return y + height;
}
