/** @file Latencies as tables. */

import { checksumOf, type LatencyProfile, milliseconds } from "@esnas/core/internal";
import { textTable } from "../report/table.js";
import { wrap } from "../report/wrap.js";
import type { Measurement } from "./measure.js";

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

export function timesTable(networks: readonly Measurement[]): string {
  return textTable(
    ["network", "input", "runs", "median ms", "p10", "p90", "least", "CPU ms"],
    networks.map(({ name, input, runs, median, p10, p90, min, cpu }) => [
      name,
      input.join(" x "),
      String(runs),
      ...[median, p10, p90, min, cpu].map(milliseconds),
    ]),
  );
}

/** The parts of one network, with their share of the time of all kernels. */
export function partsTable({ name, parts }: Measurement): string {
  if (parts.length === 0)
    return wrap(`${name}: no times by operator, because names in the file break the profiler's record`);
  const total = parts.reduce((sum, part) => sum + part.milliseconds, 0);
  const isByBlock = parts.some(({ kind }) => kind !== undefined);
  const rows = parts.map((part) => [
    part.name,
    ...(isByBlock ? [part.kind ?? ""] : []),
    milliseconds(part.milliseconds),
    percent(part.milliseconds / total),
  ]);
  const columns = isByBlock ? ["block", "kind", "ms", "%"] : ["operator", "ms", "%"];
  return [wrap(`${name}: ${milliseconds(total)} ms of kernels, with the profiler on`), textTable(columns, rows)].join(
    "\n",
  );
}

export function profileReport(path: string, profile: LatencyProfile): string {
  const { machine, threads, batch, kinds, blocks, network, check, channelGroup } = profile;
  const rows = Object.entries(kinds).map(([kind, { blocks: n, medianError }]) => [
    kind,
    String(n),
    percent(medianError),
  ]);
  return [
    textTable(["kind", "blocks", "median error %"], rows),
    "",
    wrap(
      `${machine.cpu}, ${machine.cores} cores, ${machine.runtime}; batch ${batch}, threads ${threads}; channels in groups of ${channelGroup}; ${Object.keys(blocks).length} blocks of other kinds looked up`,
    ),
    wrap(
      `a network takes ${milliseconds(network.fixed)} ms and ${network.factor.toFixed(3)} times its blocks' kernels`,
    ),
    wrap(
      `${check.networks} random networks, each predicted from the others: Spearman ${check.spearman.toFixed(4)}, median error ${percent(check.medianError)} %`,
    ),
    wrap(`SHA-256 ${checksumOf(profile)}`),
    wrap(`use it: esnas search --max-latency 8ms --profile ${path}`),
  ].join("\n");
}
