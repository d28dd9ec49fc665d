/**
 * @file ONNX Runtime behind the session interface. It is handed its binding (`onnxruntime-node`, `onnxruntime-web`), so that
 * this file runs wherever one of them does.
 */

import type { InferenceSession, InferenceSessionFactory, Tensor, TensorConstructor } from "onnxruntime-common";
import type { Shape } from "../graph/graph.js";
import type { Runtime, Session, SessionOptions, TensorData } from "./session.js";

/** What is needed of `onnxruntime-node` or `onnxruntime-web`. */
export interface OnnxRuntimeBinding {
  /** Makes sessions. */
  readonly InferenceSession: InferenceSessionFactory;
  /** Makes tensors. */
  readonly Tensor: TensorConstructor;
}

/**
 * A runtime by ONNX Runtime.
 * @param binding - The module `onnxruntime-node` or `onnxruntime-web`.
 */
export function onnxRuntime(binding: OnnxRuntimeBinding): Runtime {
  return {
    name: "onnxruntime",
    async createSession(model, { optimisation = "disabled", threads = 1, keepsMemory = false }: SessionOptions = {}) {
      const session = await binding.InferenceSession.create(model, {
        graphOptimizationLevel: optimisation,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        enableCpuMemArena: keepsMemory,
        enableMemPattern: false,
        // What goes wrong is thrown.
        logSeverityLevel: 4,
      });
      return wrap(session, binding.Tensor);
    },
  };
}

function wrap(session: InferenceSession, Tensor: TensorConstructor): Session {
  return {
    async run(inputs) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(inputs)) feeds[name] = new Tensor("float32", data, shape);
      const outputs: Record<string, TensorData> = {};
      for (const [name, tensor] of Object.entries(await session.run(feeds))) {
        outputs[name] = { data: asFloats(name, tensor), shape: tensor.dims };
      }
      return outputs;
    },
    get outputShapes() {
      return knownShapes(session);
    },
    get otherOutputs() {
      return new Set(session.outputMetadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name));
    },
    release: () => session.release(),
  };
}

function asFloats(name: string, { data, type }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  throw new TypeError(`output "${name}" is ${type}, not float32 or int64`);
}

/** No axes are told of where there are none, and where nothing is known. */
function knownShapes({ outputMetadata }: InferenceSession): ReadonlyMap<string, Shape> {
  return new Map(
    outputMetadata.flatMap((output): [string, Shape][] => {
      if (!output.isTensor || output.shape.length === 0) return [];
      const shape = output.shape.filter((n) => typeof n === "number" && n >= 0) as number[];
      return shape.length === output.shape.length ? [[output.name, shape]] : [];
    }),
  );
}
