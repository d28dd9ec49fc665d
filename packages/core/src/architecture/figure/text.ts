/**
 * @file Text of a figure: how wide it is. Without a font at hand widths are estimates, on the safe side of Helvetica's and of the
 * fonts that have its metrics (Arial, Liberation Sans).
 */

import { element, type SvgElement } from "./svg.js";

/** Font sizes in pixels at the figure's own scale, by class of the theme. */
export const textSizes = { title: 20, heading: 14, label: 12.5, text: 12.5, small: 12 } as const;

export type TextStyle = keyof typeof textSizes;

/** Letters of like width in Helvetica Bold, and that width in em. */
const advances: readonly (readonly [letters: RegExp, em: number])[] = [
  [/[ ijl.,:;'|!·]/, 0.29],
  [/[frtI()/"-]/, 0.39],
  [/[aceksvxyzJ0-9]/, 0.57],
  [/[bdghnopquFLTZ×÷+=_]/, 0.61],
  [/[ABCDEHKNPRSUVXY&]/, 0.73],
  [/[GOQ]/, 0.78],
];

/** What stands in no group counts as wide, as do all other scripts. */
const WIDE = 1;

/** Width in pixels, in the bold face. */
export function textWidth(text: string, style: TextStyle): number {
  const ems = [...text].map((letter) => advances.find(([letters]) => letters.test(letter))?.[1] ?? WIDE);
  return ems.reduce((width, em) => width + em, 0) * textSizes[style];
}

/** The text, cut short with an ellipsis where it is wider than `width` pixels. */
export function fitText(text: string, style: TextStyle, width: number): string {
  if (textWidth(text, style) <= width) return text;
  const letters = [...text];
  while (letters.length > 0 && textWidth(`${letters.join("")}…`, style) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  /** Width in pixels that the text must fit. */
  readonly width?: number;
  /** Whether it is made as wide as it is estimated, whatever the font: for text that has others beside it. */
  readonly isFixed?: boolean;
  /** Class of the theme that colours it. */
  readonly paint?: string;
}

/** Where a text stands whose capitals are centred on a height: they are 0.72 em tall. */
export function baselineOf(middle: number, style: TextStyle): number {
  return middle + 0.36 * textSizes[style];
}

/** A line of text whose letters' middle is at height `y`. */
export function textAt(x: number, y: number, text: string, style: TextStyle, options: TextOptions = {}): SvgElement {
  const { anchor = "start", width = Number.POSITIVE_INFINITY, isFixed = false, paint = "ink" } = options;
  const fitted = fitText(text, style, width);
  const attributes = {
    x,
    y: baselineOf(y, style),
    class: `${style} ${paint}`,
    ...(anchor !== "start" && { "text-anchor": anchor }),
    ...(isFixed && { textLength: textWidth(fitted, style), lengthAdjust: "spacingAndGlyphs" }),
  };
  return element("text", attributes, fitted);
}
