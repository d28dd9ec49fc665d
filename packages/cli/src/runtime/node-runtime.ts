/** @file The runtime of the command line: ONNX Runtime's binding for Node, loaded when it is first needed. */

import { onnxRuntime, type Runtime } from "@esnas/core/internal";
import { beat, isGuarded } from "../process/watched.js";

export async function nodeRuntime(): Promise<Runtime> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const runtime = onnxRuntime({ InferenceSession, Tensor });
  return isGuarded() ? beating(runtime) : runtime;
}

/** The runtime, each of whose runs is a step with the time limit of one. */
function beating(runtime: Runtime): Runtime {
  return {
    name: runtime.name,
    async createSession(model, options) {
      beat();
      const session = await runtime.createSession(model, options);
      return {
        get outputShapes() {
          return session.outputShapes;
        },
        get otherOutputs() {
          return session.otherOutputs;
        },
        run(inputs) {
          beat();
          return session.run(inputs);
        },
        release: () => session.release(),
      };
    },
  };
}
