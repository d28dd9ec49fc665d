/**
 * @file Builds graphs. Every node's shape is inferred as it is added, so that a wrong one fails at the line that built
 * it, with the node's name and the shapes.
 */

import { GraphError } from "../errors.js";
import type { AttributesOf, Constant, Graph, Initialisation, Node, OperatorName, Parameter, Shape } from "./graph.js";
import { show } from "./operator.js";
import { rulesOf, siteOf } from "./rules.js";

/** A tensor of the graph that is being built. */
export interface Tensor {
  readonly name: string;
  readonly shape: Shape;
}

interface Draft {
  name: string;
  input: string;
  outputs: string[];
  nodes: Node[];
  parameters: Map<string, Parameter>;
  constants: Map<string, Constant>;
  shapes: Map<string, Shape>;
}

export class GraphBuilder {
  readonly #draft: Draft;
  #block = "";

  /** A builder on top of nothing, or on top of a graph that is to be extended. */
  constructor(name: string, on?: Graph) {
    this.#draft = {
      name,
      input: on?.input ?? "",
      outputs: [],
      nodes: [...(on?.nodes ?? [])],
      parameters: new Map(on?.parameters),
      constants: new Map(on?.constants),
      shapes: new Map(on?.shapes),
    };
  }

  /** The input of the graph, of which there is one. */
  input(name: string, shape: Shape): Tensor {
    this.#draft.input = name;
    return this.#tensor(name, shape);
  }

  /** A tensor that is there already. */
  tensor(name: string): Tensor {
    const shape = this.#draft.shapes.get(name);
    if (shape === undefined) throw new GraphError(`there is no tensor "${name}"`);
    return { name, shape };
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

  parameter(
    name: string,
    shape: Shape,
    initialisation: Initialisation,
    { trainable = true, values }: { readonly trainable?: boolean; readonly values?: Float32Array } = {},
  ): Tensor {
    const full = this.#qualified(name, ".");
    this.#draft.parameters.set(full, {
      name: full,
      shape,
      initialisation,
      trainable,
      ...(values && { values }),
    });
    return this.#tensor(full, shape);
  }

  constant(name: string, type: Constant["type"], values: readonly number[], shape: Shape = [values.length]): Tensor {
    const full = this.#qualified(name, "/");
    this.#draft.constants.set(full, { name: full, type, shape, values });
    return this.#tensor(full, shape);
  }

  /**
   * Adds a node with one output.
   * @param layer Name of the layer within the block; the operator's name is added to it.
   * @throws {GraphError} where the inputs do not fit the operator.
   */
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

  /** Adds a node with several outputs. */
  nodes<K extends OperatorName>(
    operator: K,
    layer: string,
    inputs: readonly Tensor[],
    outputs: number,
    attributes: Partial<AttributesOf<K>> = {},
  ): readonly Tensor[] {
    const name = this.#qualified(layer === "" ? operator : `${layer}/${operator}`, "/");
    const names = inputs.map((input) => input.name);
    const rules = rulesOf<AttributesOf<K>>(operator);
    const { inputs: operands } = siteOf(this.#draft, names, [], undefined);
    let shapes: readonly Shape[];
    let complete: AttributesOf<K>;
    try {
      complete = Object.assign({}, rules.defaults(operands), attributes);
      shapes = rules.shape(operands, complete, outputs);
    } catch (error) {
      if (error instanceof GraphError) {
        const given = inputs.length === 0 ? "nothing" : inputs.map(({ shape }) => show(shape)).join(" and ");
        throw new GraphError(`${operator} "${name}" of ${given}: ${error.message}`);
      }
      throw error;
    }
    const results = shapes.map((shape, i) => this.#tensor(outputs === 1 ? `${name}:out` : `${name}:out${i}`, shape));
    this.#draft.nodes.push({
      name,
      operator,
      attributes: complete,
      inputs: names,
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

  #tensor(name: string, shape: Shape): Tensor {
    if (this.#draft.shapes.has(name)) throw new GraphError(`there are two tensors of the name "${name}"`);
    if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw new GraphError(`tensor "${name}" cannot have the shape ${show(shape)}`);
    }
    this.#draft.shapes.set(name, shape);
    return { name, shape };
  }
}
