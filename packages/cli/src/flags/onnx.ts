/** @file Flags of commands that take an ONNX file. */

import { InputError, weightSources } from "@esnas/core/internal";
import { Option } from "commander";
import type { OnnxSettings } from "../files/onnx-file.js";
import { imageSize, oneOf } from "./options.js";

export const weightsOption = () =>
  new Option("--weights <source>", "of an ONNX file: random, drawn by the seed (default), or file").argParser(
    oneOf("source of weights", weightSources),
  );

export const sizeOption = () =>
  new Option(
    "--size <size>",
    "of an ONNX file: pixels, 224 or height x width, 224x320 (default: its own, or 224)",
  ).argParser(imageSize("--size"));

/** @throws {InputError} where flags for ONNX files are given with something else. */
export function refuseOnnxFlags(flags: OnnxSettings): void {
  if (flags.weights !== undefined) throw new InputError("--weights is for ONNX files");
  if (flags.size !== undefined) throw new InputError("--size is for ONNX files");
}
