/** @file Python text laid out as black lays it out: calls over one line or several, words and JSON filled into lines. */

/** Characters in a line: black's default. */
export const LINE = 88;

const INDENT = 4;

export interface Call {
  /** What stands before the parenthesis: `nn.Sequential`, `downsample=Downsample`. */
  readonly callee: string;
  readonly args: readonly Expression[];
}

export type Expression = string | Call;

function inline(expression: Expression): string {
  if (typeof expression === "string") return expression;
  return `${expression.callee}(${expression.args.map(inline).join(", ")})`;
}

/**
 * A statement or an argument: in one line where it fits, else with the arguments in a line of their own, else one a line.
 * @param before - What precedes the expression: `self.stem = `.
 */
export function layOut(expression: Expression, indent: number, before = "", after = ""): string[] {
  const margin = " ".repeat(indent);
  const line = `${margin}${before}${inline(expression)}${after}`;
  if (line.length <= LINE || typeof expression === "string") return [line];
  const { callee, args } = expression;
  const inner = `${margin}${" ".repeat(INDENT)}${args.map(inline).join(", ")}`;
  // Black gives a single argument no comma.
  const comma = args.length > 1 ? "," : "";
  const body = inner.length <= LINE ? [inner] : args.flatMap((arg) => layOut(arg, indent + INDENT, "", comma));
  return [`${margin}${before}${callee}(`, ...body, `${margin})${after}`];
}

/** Pieces in lines that are as full as they can be. */
function fill(pieces: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const joined = `${lines.at(-1) ?? ""} ${piece}`;
    if (lines.length > 0 && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(piece);
  }
  return lines;
}

/** Words of a paragraph in lines. */
export function fillWords(text: string): string {
  return fill(text.split(" "), LINE).join("\n");
}

/** A plain JSON value over several lines, broken between tokens, so that a parser takes it as it stands. */
export function fillJson(json: unknown): string {
  const spaced = JSON.stringify(json, undefined, 1)
    .replaceAll(/([[{])\n\s*/g, "$1")
    .replaceAll(/\n\s*([\]}])/g, "$1");
  const pieces = spaced.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g) ?? [];
  return fill(pieces, LINE).join("\n");
}
