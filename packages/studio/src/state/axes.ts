/** @file What candidates can be drawn by: costs, scores, their order. */

import { big, grouped, milliseconds, scoreText } from "@esnas/core/internal";
import type { CandidateTable } from "./candidates.js";
import type { Latencies } from "./latencies.js";
import type { Study } from "./study.js";

export interface AxisChoice {
  readonly id: string;
  readonly label: string;
  /** Of two candidates that are equal otherwise. */
  readonly better: "less" | "more";
  /** A value, as tables have it. */
  readonly show: (value: number) => string;
  /** Of all candidates; longer than their number. */
  column(table: CandidateTable): ArrayLike<number>;
}

const scoreNames: Readonly<Record<string, string>> = { "entropic-score": "Entropic Score", logsynflow: "LogSynflow" };
const scoreUnits: Readonly<Record<string, string>> = { "entropic-score": ", nats" };

/** A metric's name, as people write it: `LogSynflow, normalisation divide`. */
export function scoreLabel(metric: string): string {
  const [, name = metric, options] = /^([\w-]+)\(([^()]*)\)$/.exec(metric) ?? [];
  const ofOptions = options?.split(",").map((option) => `, ${option.replace("=", " ")}`) ?? [];
  return `${scoreNames[name] ?? name}${ofOptions.join("")}`;
}

const orders = new WeakMap<CandidateTable, Float64Array>();

/** 1, 2, 3, ... */
function orderColumn(table: CandidateTable): Float64Array {
  const known = orders.get(table);
  if (known !== undefined && known.length >= table.count) return known;
  const fresh = Float64Array.from({ length: Math.max(1024, 2 * table.count) }, (_, i) => i + 1);
  orders.set(table, fresh);
  return fresh;
}

const costs: readonly AxisChoice[] = [
  { id: "parameters", label: "Parameters", better: "less", show: big, column: ({ parameters }) => parameters },
  { id: "macs", label: "Multiply-accumulates", better: "less", show: big, column: ({ macs }) => macs },
];

/** @param latencies Where something predicts them. */
export function axesOf(
  { table, directions }: Pick<Study, "table" | "directions">,
  latencies?: Latencies,
): AxisChoice[] {
  // A cost that a search maximises within its budget is still what a network is the better for having less of.
  const metrics = table.metrics.filter((metric) => costs.every(({ id }) => id !== metric));
  return [
    ...costs,
    ...metrics.map((metric): AxisChoice => {
      return {
        id: metric,
        label: `${scoreLabel(metric)}${scoreUnits[metric] ?? ""}`,
        better: directions[metric] === "minimize" ? "less" : "more",
        show: scoreText,
        column: ({ scores }) => scores[metric] ?? [],
      };
    }),
    { id: "order", label: "Candidate, in order", better: "less", show: grouped, column: orderColumn },
    ...(latencies === undefined
      ? []
      : [
          {
            id: "latency",
            label: "Latency, predicted, ms",
            better: "less" as const,
            show: milliseconds,
            column: () => latencies.column,
          },
        ]),
  ];
}

/** Index of the candidate that is nearest to a place; distances in the units of the axes are weighed. */
export function nearest(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  count: number,
  at: { readonly x: number; readonly y: number },
  perUnit: { readonly x: number; readonly y: number },
): number | undefined {
  let found: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const distance =
      (((xs[i] ?? Number.NaN) - at.x) * perUnit.x) ** 2 + (((ys[i] ?? Number.NaN) - at.y) * perUnit.y) ** 2;
    if (distance < least) [found, least] = [i, distance];
  }
  return found;
}
