/**
 * @file Which Entropic Score is decoupled? How much each form moves, as standard deviation over mean, where only topology changes
 * (nats-topology) and where only sizes do (nats-size). What each predicts is `esnas bench correlate`'s to say.
 */

import { type Architecture, isValue, metricsOf, sample, seededRandom, spaceOf } from "@esnas/core/internal";
import { mean, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const NETWORKS = 300;

/** Options of the forms that are compared; docs/benchmarks.md correlates the same ones. */
export const forms = [
  "",
  "site=post",
  "site=convolution",
  "aggregation=sum",
  "site=post,aggregation=sum",
  "site=convolution,aggregation=sum",
  "normalized=true",
  "of=square",
  "of=square,aggregation=sum",
  "of=softmax",
  "of=softmax,aggregation=sum",
  "of=l2",
  "of=l2,aggregation=sum",
  "of=l2,aggregation=progressivity",
  "over=channels",
  "over=channels,aggregation=sum",
  "over=positions",
  "over=positions,aggregation=sum",
] as const;

/** The metric of some options. */
export function idOf(options: string): string {
  return options === "" ? "entropic-score" : `entropic-score(${options})`;
}

export function formIds(): string[] {
  return forms.map(idOf);
}

/** Standard deviation over the magnitude of the mean, in %, by metric. */
async function moves(architectures: readonly Architecture[], ids: readonly string[]): Promise<number[]> {
  const metrics = metricsOf(ids.join());
  const scorer = nodeScorer({ seed: 0 });
  const columns = metrics.map((): number[] => []);
  for (const architecture of architectures) {
    const scores = await scorer.scores(architecture, metrics);
    metrics.forEach(({ id }, i) => {
      const score = scores[id];
      if (score !== undefined && isValue(score)) columns[i]?.push(score);
    });
  }
  await scorer.release();
  return columns.map((column) => (100 * standardDeviation(column)) / Math.abs(mean(column)));
}

export async function entropicForms(): Promise<void> {
  const rows = await movesOf([...formIds(), "logsynflow", "parameters"]);
  printTable(rows);
  writeResults("entropic-forms", rows);
}

/** How much each metric, by its id, moves with topology and with size. */
export async function movesOf(ids: readonly string[]): Promise<Row[]> {
  const drawn = (name: string) => {
    const space = spaceOf(name);
    const random = seededRandom(0);
    return Array.from({ length: NETWORKS }, () => space.build(sample(space, random)));
  };
  // Cells that let no signal through score 0 or next to it in every form, and would be all that a deviation shows.
  const topologies = drawn("nats-topology").filter(({ blocks }) => blocks.some(({ spec }) => letsThrough(spec)));
  const byTopology = await moves(topologies, ids);
  const bySize = await moves(drawn("nats-size"), ids);
  return ids.map((metric, i): Row => {
    const [topology = 0, size = 0] = [byTopology[i], bySize[i]];
    return {
      metric,
      "nats-topology moves, %": topology,
      "nats-size moves, %": size,
      "topology over size": topology / size,
    };
  });
}

/** Whether a signal passes a cell from its first node to its last. */
function letsThrough(spec: Architecture["blocks"][number]["spec"]): boolean {
  if (spec.kind !== "nats-cell") return false;
  const [a, b, c, d, e, f] = spec.operations.map((operation) => operation !== "none");
  return Boolean(d || (a && e) || (b && f) || (a && c && f));
}
