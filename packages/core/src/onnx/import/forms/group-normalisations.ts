/**
 * @file Group normalisation as PyTorch's exporter writes it: a Reshape to `[N, groups, ...]`, a normalisation of each group with scale 1
 * and bias 0 (InstanceNormalization, or means by hand), a Reshape back, and the scale and bias of channels as Mul and Add.
 */

import { create } from "@bufbuild/protobuf";
import { NodeProtoSchema } from "onnx-buf";
import { elements, type Shape } from "../../../graph/graph.js";
import { isSameShape } from "../../../graph/operator.js";
import { readsOf } from "../file/attributes.js";
import type { Tensors, Unit } from "./runs.js";

const normalisations = new Set(["InstanceNormalization", "LayerNormalization"]);

/** Units in order, in which each group normalisation is one. */
export function withGroupNormalisations(
  units: readonly Unit[],
  outputs: readonly string[],
  tensors: Tensors,
  valuesOf: (name: string) => Float32Array | undefined,
): readonly Unit[] {
  if (!units.some(({ node }) => normalisations.has(node.opType))) return units;
  const giver = new Map<string, Unit>();
  const readers = new Map<string, (Unit | undefined)[]>(outputs.map((name) => [name, [undefined]]));
  for (const unit of units) {
    for (const name of unit.nodes.at(-1)?.output ?? []) giver.set(name, unit);
    for (const name of new Set(unit.nodes.flatMap(readsOf))) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [unit]);
      else known.push(unit);
    }
  }
  const isAll = (name: string | undefined, value: number) =>
    name === undefined || name === "" || (valuesOf(name)?.every((x) => x === value) ?? false);
  const onlyReader = (unit: Unit) => {
    const [reader, ...others] = readers.get(unit.node.output[0] ?? "") ?? [];
    return others.length === 0 ? reader : undefined;
  };
  /** What a unit multiplies or adds, a number for each channel, if that is all that it does. */
  const ofChannels = (unit: Unit | undefined, opType: string, shape: Shape) => {
    if (unit?.node.opType !== opType) return undefined;
    const stored = unit.node.input.find((name) => tensors.isStored(name));
    const of = stored === undefined ? undefined : tensors.shapeOf(stored);
    if (of === undefined || elements(of) !== shape[1] || of.at(1 - shape.length) !== shape[1]) return undefined;
    return stored;
  };
  const taken = new Set<Unit>();
  const groups = new Map<Unit, Unit>();
  for (const unit of units) {
    const { node } = unit;
    const before = giver.get(node.input[0] ?? "");
    const after = onlyReader(unit);
    const [x = ""] = before?.node.input ?? [];
    const shape = tensors.shapeOf(x);
    const grouped = tensors.shapeOf(node.input[0] ?? "");
    if (!normalisations.has(node.opType) || before?.node.opType !== "Reshape" || after?.node.opType !== "Reshape")
      continue;
    if (shape === undefined || grouped === undefined || onlyReader(before) !== unit) continue;
    if (!isSameShape(tensors.shapeOf(after.node.output[0] ?? "") ?? [], shape) || shape.length < 3) continue;
    const isOfGroups = grouped[0] === shape[0] && grouped.length > 2 && (shape[1] ?? 0) % (grouped[1] ?? 0) === 0;
    if (!isOfGroups || !isAll(node.input[1], 1) || !isAll(node.input[2], 0)) continue;
    const axis = node.attribute.find(({ name }) => name === "axis");
    if (axis !== undefined && axis.i !== 2n) continue;
    const parts = [before, unit, after];
    const multiplying = onlyReader(after);
    const scale = ofChannels(multiplying, "Mul", shape);
    if (multiplying !== undefined && scale !== undefined) parts.push(multiplying);
    const adding = onlyReader(parts.at(-1) ?? after);
    const bias = ofChannels(adding, "Add", shape);
    if (adding !== undefined && bias !== undefined) parts.push(adding);
    const last = parts.at(-1) ?? after;
    for (const part of parts) taken.add(part);
    const operands = bias === undefined ? [scale ?? ""] : [scale ?? "", bias];
    groups.set(last, {
      nodes: parts.flatMap(({ nodes }) => nodes),
      node: create(NodeProtoSchema, {
        name: last.node.name,
        opType: "GroupNormalization",
        input: [x, ...operands.filter((name, i) => name !== "" || i < operands.length - 1)],
        output: last.node.output,
      }),
    });
  }
  return units.flatMap((unit) => groups.get(unit) ?? (taken.has(unit) ? [] : unit));
}
