/**
 * @file What each kernel of a network takes, from the trace that ONNX Runtime's profiler writes. Kernels are far shorter than
 * the slices of a scheduler, so that their medians stand fast on a busy machine.
 */

import { quantile } from "simple-statistics";
import { z } from "zod";

/** One node of the network as the runtime has rewritten it. */
export interface Kernel {
  /** Made from the names of nodes that it came of; some, such as reordering of layouts, have one of the runtime's own. */
  readonly name: string;
  readonly operator: string;
  /** Over runs: the median, unless another quantile was asked for. */
  readonly milliseconds: number;
}

const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  ts: z.number(),
  /** Microseconds. */
  dur: z.number(),
  args: z.object({ op_name: z.string().optional(), node_index: z.string().optional() }).optional(),
});

const SUFFIX = "_kernel_time";

/**
 * The kernels in the order in which they ran.
 * @param trace JSON of the profiler.
 * @param warmUp Runs at the beginning that do not count.
 * @param share Of the runs of a kernel, which quantile is its time.
 */
export function kernelsOf(trace: unknown, warmUp: number, share = 0.5): Kernel[] {
  const events = z.array(eventSchema).parse(trace);
  const runs = events.filter(({ cat, name }) => cat === "Session" && name === "model_run").slice(warmUp);
  const from = runs[0]?.ts ?? Number.POSITIVE_INFINITY;
  const kernels = new Map<string, { name: string; operator: string; micros: number[] }>();
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith(SUFFIX) || ts < from) continue;
    const kernel = { name: name.slice(0, -SUFFIX.length), operator: args?.op_name ?? "", micros: [dur] };
    const key = `${args?.node_index} ${name}`;
    const known = kernels.get(key);
    if (known === undefined) kernels.set(key, kernel);
    else known.micros.push(dur);
  }
  // A kernel within a loop runs several times a run.
  return [...kernels.values()].map(({ name, operator, micros }) => ({
    name,
    operator,
    milliseconds: (quantile(micros, share) * Math.round(micros.length / Math.max(1, runs.length))) / 1000,
  }));
}

/**
 * Milliseconds of each block. A kernel that bears no block's name (a reordering of layouts, a fused nonlinearity) belongs to the
 * next one that does: it makes that one's input.
 */
export function timesOfBlocks(kernels: readonly Kernel[], blocks: readonly string[]): number[] {
  const times = new Map(blocks.map((block) => [block, 0]));
  let owner = blocks.at(-1) ?? "";
  for (const { name, milliseconds } of kernels.toReversed()) {
    const [prefix = ""] = name.split("/", 1);
    if (times.has(prefix)) owner = prefix;
    times.set(owner, (times.get(owner) ?? 0) + milliseconds);
  }
  return blocks.map((block) => times.get(block) ?? 0);
}

/** Milliseconds by operator, most first. */
export function timesOfOperators(
  kernels: readonly Kernel[],
): { readonly operator: string; readonly milliseconds: number }[] {
  const times = new Map<string, number>();
  for (const { operator, milliseconds } of kernels) times.set(operator, (times.get(operator) ?? 0) + milliseconds);
  return [...times]
    .map(([operator, milliseconds]) => ({ operator, milliseconds }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
}
