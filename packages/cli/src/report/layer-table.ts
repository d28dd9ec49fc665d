/** @file An ONNX file layer by layer, as text and as JSON. */

import { architectureCosts, big, grouped, type ImportedModel, printable } from "@esnas/core";
import { textTable } from "./table.js";
import { wrap } from "./wrap.js";

/** Characters of a value of the metadata. */
const LONGEST_VALUE = 60;

/** What is said of a file beside its scores. */
export function fileSummary({ opset, irVersion, producer, input, outputs, metadata, notes }: ImportedModel) {
  return { producer, opset, irVersion, metadata, input, outputs, notes };
}

export function layerJson(model: ImportedModel): object {
  const { layers, architecture } = model;
  return { ...fileSummary(model), ...architectureCosts(architecture), layers };
}

export function layerText(model: ImportedModel): string {
  const { layers, architecture, opset, producer, input, outputs, metadata, notes } = model;
  const rows = layers.map(({ name, operator, output, parameters, macs }) => [
    name,
    operator,
    output.join(" x "),
    parameters === 0 ? "" : grouped(parameters),
    macs === 0 ? "" : grouped(macs),
  ]);
  const { parameters, macs, activationLayers } = architectureCosts(architecture);
  const shapes = outputs.map((shape) => shape.join(" x ")).join(", ");
  const about = [
    `${big(parameters)} parameters (${grouped(parameters)}), ${big(macs)} MACs (${grouped(macs)}), ${activationLayers} nonlinearities`,
    `${input.join(" x ")} to ${shapes}; opset ${opset}${producer === "" ? "" : `, written by ${producer}`}`,
    ...Object.entries(metadata).map(([key, value]) => `${key}: ${shortened(value)}`),
    ...notes.map((note) => `note: ${note}`),
  ];
  const table = textTable(["node", "operator", "output", "parameters", "MACs"], rows);
  return `${table}\n\n${about.map((line) => wrap(printable(line))).join("\n")}`;
}

function shortened(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}...` : value;
}
