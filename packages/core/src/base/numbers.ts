/**
 * @file Numbers as people read them, in one form everywhere: tables, tiles, charts, sliders, command lines. Three significant digits,
 * and the largest of k, M and G that leaves at least 1; scores have five digits, since candidates often differ only there. Counts of
 * things (candidates, layers) are exact, with commas.
 */

const DIGITS = 3;
/** Of a score. */
const SCORE_DIGITS = 5;

const prefixes = [
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
] as const;

/** Numbers of this size and more, or of less than the small one, have an exponent instead of a prefix. */
const LARGE = 1e12;
const SMALL = 1e-3;

/** What is shown of a number that is none. */
const NONE = "–";

function withoutValue(value: number): string | undefined {
  if (Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? NONE : value > 0 ? "∞" : "-∞";
}

function hasExponent(size: number): boolean {
  return size >= LARGE || (size < SMALL && size > 0);
}

function exponential(value: number, digits?: number): string {
  return value.toExponential(digits).replace("e+", "e");
}

/**
 * `1.33 M`, `260 M`, `7.93`; whole numbers below 1,000 as they are: `64`.
 * @param digits - Significant ones, three at least.
 */
export function big(value: number, digits = DIGITS): string {
  const rounded = Number(value.toPrecision(digits));
  const none = withoutValue(rounded);
  if (none !== undefined) return none;
  const size = Math.abs(rounded);
  if (hasExponent(size)) return exponential(rounded, digits - 1);
  const [letter, unit] = prefixes.find(([, least]) => size >= least) ?? ["", 1];
  if (letter !== "") return `${(rounded / unit).toPrecision(digits)} ${letter}`;
  return Number.isInteger(value) ? String(rounded) : rounded.toPrecision(digits);
}

/** `18.589 M`, `8.3198`, `none (reason)`; nothing where there is no score. */
export function scoreText(score: number | { readonly value: null; readonly reason: string } | undefined): string {
  if (score === undefined) return "";
  return typeof score === "number" ? big(score, SCORE_DIGITS) : `none (${score.reason})`;
}

/** `1.2 M`, `0`, `0.5`: a round number, such as a tick of an axis, with as many digits as it has. */
export function roundNumber(value: number): string {
  // Sums and products of steps have digits of their own from the sixteenth on.
  const clean = Number(value.toPrecision(12));
  const none = withoutValue(clean);
  if (none !== undefined) return none;
  const size = Math.abs(clean);
  if (hasExponent(size)) return exponential(clean);
  const [letter, unit] = prefixes.find(([, least]) => size >= least) ?? ["", 1];
  return `${Number((clean / unit).toPrecision(12))} ${letter}`.trimEnd();
}

/** `1,234`: a count of things. */
export function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

/** `8 s`, `2 min 05 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `7.93`, `0.042`, `1,230`: three significant digits and no prefix, since the unit is one. */
export function milliseconds(ms: number): string {
  const rounded = Number(ms.toPrecision(DIGITS));
  return rounded >= 1000 && rounded < LARGE ? grouped(rounded) : big(ms);
}
