/**
 * @file Colours and fonts of figures, light and dark. The hues (blue, amber, and a violet that differs in lightness) stay
 * apart for colour-blind eyes, and every block also says its kind in words. Plain class selectors, no variables: programs
 * that turn SVG into PDF know the former only.
 */

import { customBlocks, isCustomKind } from "../../blocks/custom.js";
import { textSizes } from "./text.js";

interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
}

/** Class to paint, on light paper and on dark. */
const paints: Readonly<Record<string, readonly [light: Paint, dark: Paint]>> = {
  paper: [{ fill: "#ffffff" }, { fill: "#15181d" }],
  card: [
    { fill: "#f6f7f9", stroke: "#e3e6ea" },
    { fill: "#1d2127", stroke: "#2e343c" },
  ],
  ink: [{ fill: "#1b2128" }, { fill: "#e8ebef" }],
  muted: [{ fill: "#5b6672" }, { fill: "#a0aab5" }],
  rule: [{ stroke: "#e3e6ea" }, { stroke: "#2e343c" }],
  wire: [{ stroke: "#7b8794" }, { stroke: "#8c97a3" }],
  tip: [{ fill: "#7b8794" }, { fill: "#8c97a3" }],
  ibn: [
    { fill: "#ddebf8", stroke: "#2b6cb0" },
    { fill: "#1c3a57", stroke: "#5b9bd8" },
  ],
  convnext: [
    { fill: "#f9d28b", stroke: "#a56a12" },
    { fill: "#54400f", stroke: "#d9a13b" },
  ],
  transformer: [
    { fill: "#6b4a9c", stroke: "#523780" },
    { fill: "#7655ab", stroke: "#b79be3" },
  ],
  "on-transformer": [{ fill: "#ffffff" }, { fill: "#ffffff" }],
  plain: [
    { fill: "#e9ecef", stroke: "#8a94a0" },
    { fill: "#2d333b", stroke: "#7d8894" },
  ],
  end: [
    { fill: "#ffffff", stroke: "#8a94a0" },
    { fill: "#15181d", stroke: "#7d8894" },
  ],
  "map-face": [
    { fill: "#dfe3e8", stroke: "#5b6672" },
    { fill: "#3a424c", stroke: "#a0aab5" },
  ],
  "map-side": [
    { fill: "#c3cad2", stroke: "#5b6672" },
    { fill: "#2a3038", stroke: "#a0aab5" },
  ],
};

const coloured = new Set(["ibn", "convnext", "transformer"]);

/** True for a kind of block that has a colour of its own. */
export function isColoured(kind: string): boolean {
  return coloured.has(kind) || customColour(kind) !== undefined;
}

/** The class that paints a kind of block. */
export function paintOf(kind: string): string {
  return isColoured(kind) ? kind.replace("/", "--") : "plain";
}

function customColour(kind: string): string | undefined {
  return isCustomKind(kind) ? customBlocks.find(kind)?.colour : undefined;
}

/** A custom block's one colour on light paper and on dark, such that our text stays legible on both. */
function customPaint(colour: string): readonly [light: Paint, dark: Paint] {
  return [
    { fill: mixed(colour, "#ffffff", 0.75), stroke: colour },
    { fill: mixed(colour, "#15181d", 0.6), stroke: mixed(colour, "#ffffff", 0.3) },
  ];
}

/** `#rrggbb` colours, with a share of the second. */
function mixed(a: string, b: string, share: number): string {
  const part = (colour: string, at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  const hex = [1, 3, 5].map((at) => {
    const value = Math.round(part(a, at) * (1 - share) + part(b, at) * share);
    return value.toString(16).padStart(2, "0");
  });
  return `#${hex.join("")}`;
}

/** Helvetica and what has its metrics, so that text is as wide wherever the figure is shown. */
export const FONTS = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif";

function rules(shade: 0 | 1, painted: typeof paints): string {
  return Object.entries(painted)
    .map(([name, shades]) => {
      const declarations = Object.entries(shades[shade]).map(([property, value]) => `${property}: ${value}`);
      return `.esnas-figure .${name} { ${declarations.join("; ")} }`;
    })
    .join("\n");
}

/**
 * The style sheet of a figure, bound to its class so that a page around it stays as it is.
 * @param kinds - Of the blocks that the figure shows.
 */
export function styleSheet(kinds: readonly string[]): string {
  const custom = [...new Set(kinds)].flatMap((kind) => {
    const colour = customColour(kind);
    return colour === undefined ? [] : [[paintOf(kind), customPaint(colour)] as const];
  });
  const painted = { ...paints, ...Object.fromEntries(custom) };
  const fonts = Object.entries(textSizes).map(([name, size]) => `.esnas-figure .${name} { font-size: ${size}px }`);
  return [
    "",
    ...fonts,
    ".esnas-figure .title, .esnas-figure .heading, .esnas-figure .label { font-weight: bold }",
    ".esnas-figure .wire { fill: none; stroke-width: 1.5 }",
    ".esnas-figure .map-face, .esnas-figure .map-side { stroke-linejoin: round }",
    rules(0, painted),
    `@media (prefers-color-scheme: dark) {\n${rules(1, painted)}\n}`,
    "",
  ].join("\n");
}
