/**
 * @file The graph that everything shares: typed, immutable data over a closed set of ONNX operators. Metrics read it,
 * ONNX files are written from it and read into it, costs and flow are summed over its nodes.
 *
 * Axis 0 of every activation is the batch and is written 1 here: costs are per sample, and a runtime may feed any batch.
 */

import type { NodeProto, TensorProto } from "onnx-buf";
import type { OpaqueOperatorAttributes, OperatorAttributes } from "./attributes.js";

/** Dimensions of a tensor, outermost first: `[N, C, H, W]` for a feature map. */
export type Shape = readonly number[];

/** The operators that graphs are built of, as ONNX calls them. */
export type OperatorName = keyof OperatorAttributes;

/** What stands for the nodes of a file that are not of the closed set. */
export type OpaqueName = keyof OpaqueOperatorAttributes;

/** The attributes of an operator, named as in ONNX. */
export type AttributesOf<K extends OperatorName | OpaqueName> = (OperatorAttributes & OpaqueOperatorAttributes)[K];

/** How a parameter's values come to be: random normal numbers of a given standard deviation, or a constant. */
export type Initialisation =
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "ones" }
  | { readonly kind: "zeros" }
  /** As the file has it, whatever the seed. */
  | { readonly kind: "given" };

/** A tensor of weights. Its values are a pure function of seed, name and shape, unless a file has brought them. */
export interface Parameter {
  /** Unique in the graph. */
  readonly name: string;
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** How a new network's values come to be. */
  readonly initialisation: Initialisation;
  /** False for the running statistics of a batch normalisation, which no optimiser updates. */
  readonly trainable: boolean;
  /** Values read from a file, row-major. */
  readonly values?: Float32Array;
  /** How many numbers are trained, where it is neither all of them nor none: of a table that is stored several times over. */
  readonly trained?: number;
  /** How random values are drawn, where it is not by the name: a weight from a file has no name that says where it is. */
  readonly drawn?: {
    /** Stands for the name. */
    readonly by: string;
    /** The last two axes change places after the draw: the file has inputs before outputs. */
    readonly isTransposed: boolean;
  };
}

/** A small tensor that is part of the graph itself: a target shape, a bound, a factor. */
export interface Constant {
  /** Unique in the graph. */
  readonly name: string;
  /** As in ONNX. */
  readonly type: "float32" | "int64";
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** Row-major. */
  readonly values: readonly number[];
  /** Of a target shape that depends on the image. */
  readonly lengths?: TrailingLengths;
}

/** Says of a target shape that its last dimensions are those of a tensor, from an axis on, whatever the image's size. */
export interface TrailingLengths {
  /** The tensor whose dimensions it takes. */
  readonly tensor: string;
  /** The first of its axes. */
  readonly axis: number;
}

/** A node of one operator. */
export interface NodeOf<K extends OperatorName | OpaqueName> {
  /** Unique in the graph. Says which block and layer it belongs to: `stages.2.blocks.1/depthwise/Conv`. */
  readonly name: string;
  /** Which one. */
  readonly operator: K;
  /** All of them, with the values that ONNX gives to those left out. */
  readonly attributes: AttributesOf<K>;
  /** Names of tensors. */
  readonly inputs: readonly string[];
  /** Names of tensors. */
  readonly outputs: readonly string[];
  /** The named block that the node belongs to. */
  readonly block: string;
}

/** One application of an operator. `operator` says which attributes it has. */
export type Node = { [K in OperatorName | OpaqueName]: NodeOf<K> }[OperatorName | OpaqueName];

/** What runs in place of the nodes of a graph that was read from a file and is not all of the closed set. */
export interface GraphFile {
  /** Versions of operator sets by domain; that of ONNX has the domain "". */
  readonly opsets: ReadonlyMap<string, number>;
  /** Version of ONNX's file form. */
  readonly irVersion: number;
  /** The file's own nodes by the name of the node that stands for them. */
  readonly sources: ReadonlyMap<string, readonly NodeProto[]>;
  /** What the nodes are called in tables, where it is not the operator's name. */
  readonly titles: ReadonlyMap<string, string>;
  /** Tensors of the file that are no parameters, of any type. */
  readonly tensors: readonly TensorProto[];
  /** Why the batch has to be 1, where the file fixes it. */
  readonly fixedBatch?: string;
}

/** A network as operators of ONNX with all shapes known; never changed once it is built. */
export interface Graph {
  /** Unique in the graph. */
  readonly name: string;
  /** The tensor that carries the image, or the feature map that enters a block. */
  readonly input: string;
  /** Names of tensors. */
  readonly outputs: readonly string[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Tensors of weights, by name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Small tensors that are part of the graph, by name. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** The shape of every tensor: the input, parameters, constants, and whatever a node gives. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Of a graph that was read from a file with other operators. */
  readonly file?: GraphFile;
}

/** The number of elements of a tensor. */
export function elements(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** The numbers of a parameter that an optimiser would train. */
export function trainedNumbers({ trainable, trained, shape }: Parameter): number {
  return trainable ? (trained ?? elements(shape)) : 0;
}

/** The shape of a tensor of the graph. */
export function shapeOf(graph: Graph, tensor: string): Shape {
  const shape = graph.shapes.get(tensor);
  if (shape === undefined) throw new Error(`graph "${graph.name}" has no tensor "${tensor}"`);
  return shape;
}

/** The tensor that a graph with a single output gives. */
export function outputOf(graph: Graph): string {
  const [output] = graph.outputs;
  if (output === undefined) throw new Error(`graph "${graph.name}" has no output`);
  return output;
}
