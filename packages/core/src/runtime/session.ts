/** @file What the rest of the program needs of a runtime: ONNX bytes and named inputs in, named outputs out. */

import type { Shape } from "../graph/graph.js";

/** A float32 tensor, row-major. */
export interface TensorData {
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** As many numbers as the shape has elements. */
  readonly data: Float32Array;
}

/** A loaded model; `release` it when done. */
export interface Session {
  /** Runs the graph once. Outputs of int64 are rounded to float32. Inputs that the graph has and the caller leaves out are an error of the runtime. */
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Readonly<Record<string, TensorData>>>;
  /** Shapes of outputs that are known without a run; none where the runtime does not tell. A scalar is none of them. */
  readonly outputShapes: ReadonlyMap<string, Shape>;
  /** Outputs that are no tensors, but sequences, maps or optional values. */
  readonly otherOutputs: ReadonlySet<string>;
  /** Gives the memory back; the session cannot be used afterwards. */
  release(): Promise<void>;
}

/** How a model is loaded. */
export interface SessionOptions {
  /** How much the runtime rewrites the graph before it runs. `disabled` is created fastest, `all` runs fastest. */
  readonly optimisation?: "disabled" | "basic" | "extended" | "all";
  /** Threads that one run may use; the runtime's default where it is absent. */
  readonly threads?: number;
  /** Memory that a run has taken is kept for the next one: faster from the second run on. */
  readonly keepsMemory?: boolean;
}

/** Loads ONNX models. */
export interface Runtime {
  /** For messages. */
  readonly name: string;
  /** Loads the bytes of an ONNX file. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
