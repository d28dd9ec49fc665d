/**
 * @file What blocks are built on, and the builder of graphs. Every node's shape is inferred as it is added, so that a wrong one
 * fails at the line that built it, with the node's name and the shapes.
 */

import { GraphError } from "../base/errors.js";
import type {
  AttributesOf,
  Constant,
  Graph,
  GraphFile,
  Initialisation,
  Node,
  OperatorName,
  Parameter,
  Shape,
  TrailingLengths,
} from "./graph.js";
import { type Operand, show } from "./operator.js";
import { inferred, operandOf } from "./rules.js";

/** A tensor of what is being built. */
export interface Tensor extends Operand {
  /** Unique in what is built. */
  readonly name: string;
}

/** What a parameter may have besides name, shape and initialisation. */
export interface ParameterOptions {
  /** False for running statistics; true where it is absent. */
  readonly trainable?: boolean;
  /** Values that are no random ones, row-major. */
  readonly values?: Float32Array;
}

/** What a block adds its layers to, whatever is made of them: a graph (GraphBuilder), or its flow (flow-builder.ts). */
export abstract class Builder {
  /** Adds a tensor of weights. Its name gets that of the block before it. */
  abstract parameter(name: string, shape: Shape, initialisation: Initialisation, options?: ParameterOptions): Tensor;

  /** Adds a small tensor that is part of the graph itself. */
  abstract constant(
    name: string,
    type: Constant["type"],
    values: readonly number[],
    shape?: Shape,
    lengths?: TrailingLengths,
  ): Tensor;

  /**
   * Adds a node with several outputs.
   * @param layer - Name of the layer within the block; the operator's name is added to it.
   * @throws {@link GraphError} where the inputs do not fit the operator.
   */
  abstract nodes<K extends OperatorName>(
    operator: K,
    layer: string,
    inputs: readonly Tensor[],
    outputs: number,
    attributes?: Partial<AttributesOf<K>>,
  ): readonly Tensor[];

  /** Adds a node with one output. */
  node<K extends OperatorName>(
    operator: K,
    layer: string,
    inputs: readonly Tensor[],
    attributes: Partial<AttributesOf<K>> = {},
  ): Tensor {
    const [output] = this.nodes(operator, layer, inputs, 1, attributes);
    if (output === undefined) throw new GraphError(`${operator} has no output`);
    return output;
  }

  /**
   * Adds a part that recurs within blocks and across them: what comes of it, but for names, depends on nothing but `key` and
   * the shape of `x`, so that it may be kept.
   */
  part(_key: string, x: Tensor, build: (b: Builder, x: Tensor) => Tensor): Tensor {
    return build(this, x);
  }
}

/** The name of a node within its block. */
export function nodeName(operator: OperatorName, layer: string): string {
  return layer === "" ? operator : `${layer}/${operator}`;
}

/**
 * The shape, if a tensor can have it.
 * @throws {@link GraphError} where it cannot.
 */
export function checkedShape(name: string, shape: Shape): Shape {
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new GraphError(`tensor "${name}" cannot have the shape ${show(shape)}`);
    }
  }
  return shape;
}

/** Builds no graph: tensors are told apart as objects, whatever their names, and each node is a step of something else. */
export abstract class UnnamedBuilder extends Builder {
  override parameter(
    name: string,
    shape: Shape,
    initialisation: Initialisation,
    { trainable = true, values }: ParameterOptions = {},
  ): Tensor {
    checkedShape(name, shape);
    return { name, shape, parameter: { name, shape, initialisation, trainable, ...(values && { values }) } };
  }

  override constant(
    name: string,
    _type: Constant["type"],
    values: readonly number[],
    shape: Shape = [values.length],
  ): Tensor {
    return { name, shape: checkedShape(name, shape), values };
  }

  override nodes<K extends OperatorName>(
    operator: K,
    layer: string,
    inputs: readonly Tensor[],
    outputs: number,
    given: Partial<AttributesOf<K>> = {},
  ): readonly Tensor[] {
    const name = nodeName(operator, layer);
    const { attributes, shapes } = inferred(operator, name, inputs, outputs, given);
    for (const shape of shapes) checkedShape(name, shape);
    return this.step(operator, name, inputs, shapes, attributes);
  }

  /** Takes in a node whose shapes are known, and gives its outputs. */
  abstract step<K extends OperatorName>(
    operator: K,
    name: string,
    inputs: readonly Tensor[],
    shapes: readonly Shape[],
    attributes: AttributesOf<K>,
  ): readonly Tensor[];
}

interface Draft {
  name: string;
  input: string;
  outputs: string[];
  nodes: Node[];
  parameters: Map<string, Parameter>;
  constants: Map<string, Constant>;
  shapes: Map<string, Shape>;
  file?: GraphFile;
}

/** Builds a graph operator by operator; a shape that does not fit is refused where it is given. */
export class GraphBuilder extends Builder {
  readonly #draft: Draft;
  #block = "";

  /** A builder on top of nothing, or on top of a graph that is to be extended. */
  constructor(name: string, on?: Graph) {
    super();
    this.#draft = {
      name,
      input: on?.input ?? "",
      outputs: [],
      nodes: [...(on?.nodes ?? [])],
      parameters: new Map(on?.parameters),
      constants: new Map(on?.constants),
      shapes: new Map(on?.shapes),
      ...(on?.file && { file: on.file }),
    };
  }

  /** The input of the graph, of which there is one. */
  input(name: string, shape: Shape): Tensor {
    this.#draft.input = name;
    this.#add(name, shape);
    return { name, shape };
  }

  /** A tensor that is there already. */
  tensor(name: string): Tensor {
    if (!this.#draft.shapes.has(name)) throw new GraphError(`there is no tensor "${name}"`);
    return { name, ...operandOf(this.#draft, name) };
  }

  /** Builds a part of the graph as a named block: names of nodes and parameters begin with it. */
  block<T>(name: string, build: () => T): T {
    const outer = this.#block;
    this.#block = name;
    try {
      return build();
    } finally {
      this.#block = outer;
    }
  }

  /** Adds a tensor of weights. Its name gets that of the block before it. */
  override parameter(
    local: string,
    shape: Shape,
    initialisation: Initialisation,
    { trainable = true, values }: ParameterOptions = {},
  ): Tensor {
    const name = this.#qualified(local, ".");
    const parameter: Parameter = { name, shape, initialisation, trainable, ...(values && { values }) };
    this.#draft.parameters.set(name, parameter);
    this.#add(name, shape);
    return { name, shape, parameter };
  }

  /** Adds a small tensor that is part of the graph itself. */
  override constant(
    local: string,
    type: Constant["type"],
    values: readonly number[],
    shape: Shape = [values.length],
    lengths?: TrailingLengths,
  ): Tensor {
    const name = this.#qualified(local, "/");
    this.#draft.constants.set(name, { name, type, shape, values, ...(lengths && { lengths }) });
    this.#add(name, shape);
    return { name, shape, values };
  }

  /** Adds a node with several outputs; `node` adds one with a single output. */
  override nodes<K extends OperatorName>(
    operator: K,
    layer: string,
    inputs: readonly Tensor[],
    outputs: number,
    given: Partial<AttributesOf<K>> = {},
  ): readonly Tensor[] {
    const name = this.#qualified(nodeName(operator, layer), "/");
    const { attributes, shapes } = inferred(operator, name, inputs, outputs, given);
    const results = shapes.map((shape, i) => ({ name: outputs === 1 ? `${name}:out` : `${name}:out${i}`, shape }));
    for (const result of results) this.#add(result.name, result.shape);
    this.#draft.nodes.push({
      name,
      operator,
      attributes,
      inputs: inputs.map((input) => input.name),
      outputs: results.map((result) => result.name),
      block: this.#block,
    } as Node);
    return results;
  }

  /** The finished graph. */
  build(outputs: readonly Tensor[]): Graph {
    return { ...this.#draft, outputs: outputs.map((output) => output.name) };
  }

  #qualified(name: string, separator: string): string {
    return this.#block === "" ? name : `${this.#block}${separator}${name}`;
  }

  #add(name: string, shape: Shape): void {
    if (this.#draft.shapes.has(name)) throw new GraphError(`there are two tensors of the name "${name}"`);
    this.#draft.shapes.set(name, checkedShape(name, shape));
  }
}
