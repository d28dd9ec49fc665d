/** @file The order of a file's nodes: each after what it reads, and none that no output hangs on. */

import type { NodeProto } from "onnx-buf";
import { InputError } from "../../../base/errors.js";
import { readsOf } from "./attributes.js";

/**
 * Nodes so that each comes after what it reads, the file's order kept where it can be.
 * @throws {@link InputError} where a tensor is given twice or not at all, or where nodes form a circle.
 */
export function ordered(nodes: readonly NodeProto[], isThere: (name: string) => boolean): NodeProto[] {
  const giver = new Map<string, number>();
  nodes.forEach(({ output }, i) => {
    for (const name of output) {
      if (name === "") continue;
      if (giver.has(name) || isThere(name)) throw new InputError(`tensor "${name}" is given twice`);
      giver.set(name, i);
    }
  });
  const waiting = nodes.map(() => 0);
  const readers = nodes.map((): number[] => []);
  nodes.forEach((node, i) => {
    for (const name of readsOf(node)) {
      const from = giver.get(name);
      if (from !== undefined) {
        readers[from]?.push(i);
        waiting[i] = (waiting[i] ?? 0) + 1;
      } else if (!isThere(name)) {
        throw new InputError(`node "${node.name}" reads "${name}", which is nowhere given`);
      }
    }
  });
  if (nodes.every((node, i) => readsOf(node).every((name) => (giver.get(name) ?? -1) < i))) return [...nodes];
  const ready = waiting.flatMap((n, i) => (n === 0 ? [i] : []));
  const order: NodeProto[] = [];
  for (let at = 0; at < ready.length; at++) {
    const i = ready[at] ?? 0;
    const node = nodes[i];
    if (node !== undefined) order.push(node);
    for (const reader of readers[i] ?? []) {
      waiting[reader] = (waiting[reader] ?? 0) - 1;
      if (waiting[reader] === 0) ready.push(reader);
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes.find((_, i) => (waiting[i] ?? 0) > 0);
    throw new InputError(`nodes form a circle: "${stuck?.name}" (${stuck?.opType}) waits for what hangs on it`);
  }
  return order;
}

/** The nodes on which an output hangs. */
export function reaching(nodes: readonly NodeProto[], outputs: readonly string[]): NodeProto[] {
  const wanted = new Set(outputs);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.output.some((name) => wanted.has(name))) return false;
    for (const name of readsOf(node)) wanted.add(name);
    return true;
  });
  return kept.toReversed();
}
