/**
 * @file Where nodes read, where a file computes that of shapes: the first position of a slice is half of the channels. It is seen in a
 * run of its own, which files without such nodes are spared.
 */

import type { Shape } from "../../../graph/graph.js";
import type { Runtime } from "../../../runtime/session.js";
import { signalsOf } from "../counts/gates.js";
import type { Role } from "../roles/roles.js";
import { castNode, type Opsets, runOnZeros } from "../shapes.js";
import type { NormalisedFile } from "./normalise.js";

/** Operators whose inputs, but for the first, are whole numbers that say where they read. */
const indexed = new Set(["Gather", "Pad", "ReduceMean", "ReduceSum", "Slice", "Tile"]);

/** The numbers of tensors that say where nodes read, and that the file computes of shapes. */
export async function indicesOf(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  input: Shape,
  opsets: Opsets,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const signals = signalsOf([file.input.name], file.nodes);
  const computed = new Set(file.nodes.flatMap(({ output }) => output).filter((name) => !signals.has(name)));
  const read = file.nodes.flatMap(({ opType, input: names }) => (indexed.has(opType) ? names.slice(1) : []));
  const names = [...new Set(read)].filter((name) => computed.has(name));
  if (names.length === 0) return new Map();
  const outputs = names.map((_, i) => `esnas:index:${i}`);
  const nodes = [...file.nodes, ...names.map((name, i) => castNode(name, outputs[i] ?? ""))];
  const results = await runOnZeros(runtime, { ...file, nodes, outputs }, roles, input, opsets);
  return new Map(names.map((name, i) => [name, [...(results[outputs[i] ?? ""]?.data ?? [])]]));
}
