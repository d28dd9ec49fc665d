/**
 * @file Moves that cancel: transposes that put axes back, and reshapes that give a shape that was there before, with which converters
 * between layouts and versions fill their files. What reads the second tensor reads the first.
 */

import type { NodeProto } from "onnx-buf";
import type { Shape } from "../../../graph/graph.js";
import { changed, intOf, intsOf, readsOf, subgraphsOf } from "../file/attributes.js";
import { reaching } from "../file/order.js";
import type { NormalisedFile } from "./normalise.js";

/** The tensor that a chain of moves of one kind began with, and the axes of it that a tensor has. */
interface Origin {
  readonly name: string;
  readonly perm: readonly number[];
}

/** The file without moves that cancel. */
export function withoutCancelledMoves(file: NormalisedFile, shapes: ReadonlyMap<string, Shape>): NormalisedFile {
  const captured = file.nodes.flatMap((node) => (subgraphsOf(node).length > 0 ? readsOf(node) : []));
  const kept = new Set([...file.outputs, ...captured]);
  const aliases = new Map<string, string>();
  const turned = new Map<string, Origin>();
  const roots = new Map<string, string>();
  /** Tensors of the same numbers in the same order, by the first of them and by shape. */
  const ordered = new Map<string, string>();

  const same = (node: NodeProto): string | undefined => {
    const [x = ""] = node.input;
    const [output = ""] = node.output;
    const before = shapes.get(x);
    const after = shapes.get(output);
    if (before === undefined || after === undefined || (node.domain !== "" && node.domain !== "ai.onnx"))
      return undefined;
    if (node.opType === "Transpose") {
      const { name, perm } = turned.get(x) ?? { name: x, perm: before.map((_, axis) => axis) };
      const axes = (intsOf(node, "perm") ?? perm.map((_, axis) => axis).toReversed()).map((axis) => perm[axis] ?? 0);
      turned.set(output, { name, perm: axes });
      return axes.every((axis, i) => axis === i) ? name : undefined;
    }
    if (!keepsOrder(node, file)) return undefined;
    const root = roots.get(x) ?? x;
    roots.set(output, root);
    const key = (shape: Shape) => `${root} ${shape.join(" ")}`;
    if (!ordered.has(key(before))) ordered.set(key(before), x);
    const known = ordered.get(key(after));
    if (known === undefined) ordered.set(key(after), output);
    return known;
  };

  const nodes = file.nodes.flatMap((node) => {
    const input = node.input.map((name) => aliases.get(name) ?? name);
    const renamed = input.some((name, i) => name !== node.input[i]) ? changed(node, { input }) : node;
    const first = same(renamed);
    const [output = ""] = node.output;
    if (first === undefined || kept.has(output)) return [renamed];
    aliases.set(output, first);
    return [];
  });
  return aliases.size === 0 ? file : { ...file, nodes: reaching(nodes, file.outputs) };
}

/** Whether a node keeps its numbers in order, and gives each image of a batch what it gives one. */
function keepsOrder(node: NodeProto, { integers }: NormalisedFile): boolean {
  switch (node.opType) {
    case "Flatten":
      return intOf(node, "axis", 1) > 0;
    case "Reshape": {
      const [first] = integers.get(node.input[1] ?? "") ?? [];
      return (first === 0 && intOf(node, "allowzero", 0) === 0) || first === -1;
    }
    case "Squeeze":
    case "Unsqueeze": {
      const axes = node.input[1] ? integers.get(node.input[1]) : intsOf(node, "axes");
      return axes?.every((axis) => axis > 0) ?? false;
    }
    default:
      return false;
  }
}
