/** @file The Python that judges what we write: Debian's, which has ONNX and PyTorch as packages, or the one that `PYTHON` names. */

import { spawnSync } from "node:child_process";

export const PYTHON = process.env.PYTHON ?? "/usr/bin/python3";

export function hasPythonModule(name: "onnx" | "torch"): boolean {
  return spawnSync(PYTHON, ["-c", `import ${name}`]).status === 0;
}
