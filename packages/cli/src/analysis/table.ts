/** @file The result of `esnas analyze` as text, and the forms of its numbers that all reports use. */

import { count, grouped, type TraitKind, traitWords } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { terminalWidth, wrap } from "../report/wrap.js";
import type { AnalysisSummary, ComparisonSummary, StatementSummary, TraitSummary } from "./summary.js";

/** Columns of the text, terminals that are wider notwithstanding. */
const WIDEST = 160;

const kindTitles: Readonly<Record<string, string>> = { ibn: "IBN", convnext: "ConvNeXt", transformer: "Transformer" };

const digits: Readonly<Record<TraitKind, number>> = {
  kind: 2,
  ffn: 2,
  kernel: 2,
  qkv: 2,
  depth: 2,
  width: 0,
  expansion: 2,
  map: 2,
};

/** `IBN, share of the blocks` */
export function traitTitle({ kind, value }: Pick<TraitSummary, "kind" | "value">): string {
  return value === null ? traitWords[kind] : `${kindTitles[value] ?? value}, ${traitWords[kind]}`;
}

export function valueTitle(value: string): string {
  return kindTitles[value] ?? value;
}

function shown(value: number | null, behind: number): string {
  return value === null ? "" : value.toFixed(behind).replace(/^-(0(\.0*)?)$/, "$1");
}

function interval(low: number | null, high: number | null, behind: number): string {
  return low === null ? "" : `${shown(low, behind)} to ${shown(high, behind)}`;
}

export const comparisonColumns = ["found", "95 %", "random", "effect", "95 %", "searches"];

/** Found, its interval, random, effect, its interval, number of searches. */
export function comparisonCells(comparison: ComparisonSummary, behind = 2): string[] {
  const { searches, found, low, high, random, effect, effectLow, effectHigh } = comparison;
  return [
    shown(found, behind),
    interval(low, high, behind),
    shown(random, behind),
    shown(effect, 2),
    interval(effectLow, effectHigh, 2),
    String(searches),
  ];
}

export function traitRow(trait: TraitSummary): string[] {
  return [String(trait.stage + 1), traitTitle(trait), ...comparisonCells(trait, digits[trait.kind])];
}

export function statementRow(statement: StatementSummary): string[] {
  const { text, number, side, threshold, verdict } = statement;
  return [text, verdict, `${number}: ${side} ${threshold}`, ...comparisonCells(statement)];
}

/** Traits that some network has: a stage without encoders has no feed-forward networks to count. */
export function shownTraits({ traits }: AnalysisSummary): readonly TraitSummary[] {
  return traits.filter(({ found }) => found !== null);
}

/** What the numbers are, in sentences. */
export function analysisNotes({ seeds, top, random, bootstrap, search }: AnalysisSummary): string[] {
  const share = 100 * bootstrap.level;
  return [
    `${seeds.length} searches (seeds ${seedsText(seeds)}), ${search.algorithm}, ${search.topologyMetric} for topologies, ${search.sizeMetric} for sizes.`,
    `Found: the mean over searches of the ${count(top, "candidate")} that each gives, the model found and those that the last phase of the kind scored highest. Random: ${grouped(random.genotypes)} genotypes within the same budget.`,
    `Effect: Cliff's delta, the chance that a found network has more than a random one minus the chance that it has less. Intervals: ${share} %, over ${grouped(bootstrap.resamples)} resamples of searches and of random genotypes.`,
    `A statement holds where the whole interval of what is found lies on its side, and does not where it lies on the other.`,
  ];
}

/** `0 to 19`, or one by one. */
function seedsText(seeds: readonly number[]): string {
  const sorted = seeds.toSorted((a, b) => a - b);
  const isRange = sorted.length > 2 && sorted.every((seed, i) => i === 0 || seed === (sorted[i - 1] ?? 0) + 1);
  return isRange ? `${sorted[0]} to ${sorted.at(-1)}` : sorted.join(", ");
}

export function analysisText(summary: AnalysisSummary): string {
  const width = Math.min(WIDEST, terminalWidth());
  return [
    ...summary.patterns.flatMap(({ name, text, verdict, statements }) => [
      wrap(`(${name}) ${text}: ${verdict}`, width),
      textTable(
        ["statement", "verdict", ...comparisonColumns],
        statements.map((statement) => statementRow(statement).filter((_, i) => i !== 2)),
        width,
      ),
      "",
    ]),
    textTable(["stage", "what", ...comparisonColumns], shownTraits(summary).map(traitRow), width),
    "",
    ...analysisNotes(summary).map((note) => wrap(note, width, "")),
  ].join("\n");
}
