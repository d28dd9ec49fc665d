/** @file Files whose batch is fixed: freed where that changes nothing, and told apart from those that take any. */

import { create } from "@bufbuild/protobuf";
import { TensorProto_DataType as DataType, type TensorProto, TensorProtoSchema } from "onnx-buf";
import { GraphError, InputError } from "../../../base/errors.js";
import { elements, type Graph, type Shape, shapeOf } from "../../../graph/graph.js";
import type { Operand } from "../../../graph/operator.js";
import { operandOf, rulesOf } from "../../../graph/rules.js";
import type { Runtime } from "../../../runtime/session.js";
import { signalsOf } from "../counts/gates.js";
import { nonlinearityInputOf } from "../counts/nonlinearities.js";
import { changed } from "../file/attributes.js";
import type { NormalisedFile } from "../forms/normalise.js";
import type { Unit } from "../forms/runs.js";
import type { Role } from "../roles/roles.js";
import { type Opsets, shapesOf } from "../shapes.js";
import { checkNumbers, type ImageInput } from "./image-input.js";

/** A file with the shapes that its tensors have at batch 1. */
export interface SingleImage {
  readonly file: NormalisedFile;
  readonly shapes: ReadonlyMap<string, Shape>;
}

/**
 * The file as it runs with one image, whatever batch it was made for.
 * @param input - At batch 1.
 * @throws {@link InputError} where the file does not run, or does something else with one image than with its own batch.
 */
export async function withOneImage(
  runtime: Runtime,
  file: NormalisedFile,
  roles: ReadonlyMap<string, Role>,
  image: ImageInput,
  input: Shape,
  opsets: Opsets,
): Promise<SingleImage> {
  const [batch = 1] = image.lengths;
  if (batch === 1) return { file, shapes: await shapesOf(runtime, file, roles, input, opsets) };
  checkNumbers(image.name, input.with(0, batch));
  const own = await shapesOf(runtime, file, roles, input.with(0, batch), opsets);
  const free = withFreeBatch(file, own, batch);
  const made = `the file is made for a batch of ${batch}, and cannot be read with a batch of 1`;
  let shapes: ReadonlyMap<string, Shape>;
  try {
    shapes = await shapesOf(runtime, free, roles, input, opsets);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${made}: ${error.message}`, { cause: error });
  }
  for (const name of signalsOf([free.input.name], free.nodes)) {
    const [one, all] = [shapes.get(name) ?? [], own.get(name) ?? []];
    const isShare = elements(one) * batch === elements(all) || (elements(all) <= 1 && elements(one) <= 1);
    if (!isShare || (all[0] === batch && one[0] !== 1)) {
      throw new InputError(`${made}: tensor "${name}" is [${all.join(", ")}], and then [${one.join(", ")}]`);
    }
  }
  return { file: free, shapes };
}

/** Why the batch has to be 1: what is run with a batch of 2 fails, or has tensors that are not twice as large. */
export async function batchIsFixed(
  runtime: Runtime,
  file: NormalisedFile,
  units: readonly Unit[],
  roles: ReadonlyMap<string, Role>,
  single: ReadonlyMap<string, Shape>,
  opsets: Opsets,
): Promise<string | undefined> {
  const input = single.get(file.input.name) ?? [];
  try {
    const double = await shapesOf(runtime, file, roles, input.with(0, 2), opsets);
    const signals = signalsOf([file.input.name], file.nodes);
    const observed = new Set(units.map(nonlinearityInputOf));
    for (const [name, shape] of single) {
      if (!signals.has(name) || shape.length === 0) continue;
      const twice = double.get(name) ?? [];
      if (elements(twice) !== 2 * elements(shape)) return `tensor "${name}" does not grow with the batch`;
      if (observed.has(name) && twice[0] !== 2 * (shape[0] ?? 0)) {
        return `tensor "${name}", which enters a nonlinearity, has the batch on another axis than the first`;
      }
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/**
 * The file with reshapes that do not fix the batch, where a copy of axis 0 says the same, or, for more than one image, a length that is
 * left open.
 * @param shapes - At that batch.
 */
export function withFreeBatch(file: NormalisedFile, shapes: ReadonlyMap<string, Shape>, batch = 1): NormalisedFile {
  const tensors = new Map(file.tensors);
  const integers = new Map(file.integers);
  const nodes = file.nodes.map((node) => {
    const [x = "", target = ""] = node.input;
    const values = integers.get(target);
    if (node.opType !== "Reshape" || values === undefined) return node;
    if (node.attribute.some(({ name, i }) => name === "allowzero" && i !== 0n)) return node;
    const first = freeLength(values, shapes.get(x)?.[0], batch);
    if (first === undefined) return node;
    const name = `${node.output[0]}|target`;
    const free = [first, ...values.slice(1)];
    integers.set(name, free);
    tensors.set(name, int64Tensor(name, free));
    return changed(node, { input: [x, name] });
  });
  return { ...file, nodes, tensors, integers };
}

/** What may be written for the first length of a reshape: 0 copies it, -1 leaves it open. */
function freeLength([first = 0, ...others]: readonly number[], length: number | undefined, batch: number) {
  if (first === batch && length === batch) return 0;
  const isMultiple = batch > 1 && first > 0 && first % batch === 0;
  return isMultiple && others.every((n) => n > 0) ? -1 : undefined;
}

function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const int64Data = values.map(BigInt);
  return create(TensorProtoSchema, { name, dims: [BigInt(values.length)], dataType: DataType.INT64, int64Data });
}

/** Whether the rules of the closed set give tensors of twice the size for two images. */
export function takesAnyBatch(graph: Graph): boolean {
  const twice = new Map<string, Shape>([[graph.input, shapeOf(graph, graph.input).with(0, 2)]]);
  try {
    for (const { operator, inputs, outputs, attributes } of graph.nodes) {
      if (!inputs.some((name) => twice.has(name))) continue;
      const operands = inputs.map((name) => ({ ...operandOf(graph, name), ...withShape(twice.get(name)) }));
      rulesOf<unknown>(operator)
        .shape(operands, attributes, outputs.length)
        .forEach((shape, i) => {
          twice.set(outputs[i] ?? "", shape);
        });
    }
  } catch (error) {
    if (error instanceof GraphError) return false;
    throw error;
  }
  return [...twice].every(([name, shape]) => {
    const single = shapeOf(graph, name);
    return shape[0] === 2 * (single[0] ?? 0) && elements(shape) === 2 * elements(single);
  });
}

function withShape(shape: Shape | undefined): Partial<Operand> {
  return shape === undefined ? {} : { shape };
}
