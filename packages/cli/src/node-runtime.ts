/** @file The runtime of the command line: ONNX Runtime's binding for Node, loaded when it is first needed. */

import { onnxRuntime, type Runtime } from "@esnas/core";

export async function nodeRuntime(): Promise<Runtime> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  return onnxRuntime({ InferenceSession, Tensor });
}
