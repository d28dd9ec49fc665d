/** @file What stands below a figure: what colours and abbreviations mean, and what the network costs as a whole. */

import { big } from "../../base/numbers.js";
import { blocks } from "../../blocks/registry.js";
import type { Costs } from "../../graph/cost.js";
import type { BlockDescription, StageDescription } from "../describe.js";
import type { Rectangle } from "./layout.js";
import { rectangle } from "./shapes.js";
import { element, type SvgElement } from "./svg.js";
import { baselineOf, textAt, textWidth } from "./text.js";
import { isColoured, paintOf } from "./theme.js";

const LINE = 26;
const SWATCH = { width: 24, height: 16 };
/** Between a sign and its meaning, and between entries. */
const NEAR = 8;
const APART = 24;

/** `1.31 M parameters · 260 M MACs` */
export function totalsOf({ parameters, macs }: Costs): string {
  return `${big(parameters)} parameters · ${big(macs)} MACs`;
}

/** A rule, and below it the legend at the left and the totals at the right. */
export function drawFooter(stages: readonly StageDescription[], costs: Costs, footer: Rectangle): SvgElement[] {
  const drawn = stages.flatMap((stage) => stage.blocks);
  const { x, y, width, height } = footer;
  const [first, second] = [y + height - 1.5 * LINE, y + height - 0.5 * LINE];
  return [
    element("line", { class: "rule", x1: x, y1: y, x2: x + width, y2: y }),
    ...drawColours(drawn, x, first),
    textAt(x + width, first, totalsOf(costs), "heading", { anchor: "end" }),
    ...drawNotation(drawn, x, second),
  ];
}

function drawColours(drawn: readonly BlockDescription[], left: number, middle: number): SvgElement[] {
  const kinds = [...new Map(drawn.flatMap(kindsOf))].filter(([kind]) => isColoured(kind));
  let x = left;
  return kinds.flatMap(([kind, title]) => {
    const swatch = rectangle({ x, y: middle - SWATCH.height / 2, ...SWATCH }, paintOf(kind), 4);
    const label = textAt(x + SWATCH.width + NEAR, middle, title, "text");
    x += SWATCH.width + NEAR + textWidth(title, "text") + APART;
    return [swatch, label];
  });
}

/** The block's kind and that of its feed-forward network, with their titles. */
function kindsOf({ kind, title, ffn }: BlockDescription): [kind: string, title: string][] {
  return [[kind, title], ...(ffn === undefined ? [] : pair(ffn, blocks[ffn].title))];
}

/** One line of text, so that its parts are evenly apart in any font. */
function drawNotation(drawn: readonly BlockDescription[], left: number, middle: number): SvgElement[] {
  const entries = notationOf(drawn);
  if (entries.length === 0) return [];
  const parts = entries.flatMap(([sign, meaning], i) => [
    element("tspan", { class: "label ink", dx: i === 0 ? 0 : APART }, sign),
    element("tspan", { class: "small muted", dx: NEAR }, meaning),
  ]);
  return [element("text", { x: left, y: baselineOf(middle, "label") }, parts)];
}

/** Only what the figure shows is explained, by its first example. */
function notationOf(drawn: readonly BlockDescription[]): [sign: string, meaning: string][] {
  const example = drawn.find(({ expansion }) => expansion !== undefined);
  const attends = drawn.some(({ qkvDim }) => qkvDim !== undefined);
  return [
    ...(example === undefined ? [] : pair(`${example.kernel}×${example.kernel}`, "depthwise kernel")),
    ...(example === undefined ? [] : pair(`e${example.expansion}`, "expansion ratio")),
    ...(attends ? pair("QKV", "dimension of query, key and value") : []),
    ...(attends ? pair("FFN", "feed-forward network") : []),
  ];
}

function pair(sign: string, meaning: string): [string, string][] {
  return [[sign, meaning]];
}
