/** @file An ONNX file layer by layer, as text and as JSON. */

import { architectureCosts, big, grouped, type ImportedModel, printable } from "@esnas/core/internal";
import { textTable } from "./table.js";
import { wrap } from "./wrap.js";

/** Characters of a value of the metadata, and of a name in the table; JSON has all of them. */
const LONGEST_VALUE = 60;
const LONGEST_NAME = 160;
/** Entries of the metadata that are shown. */
const MOST_ENTRIES = 20;

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
    shortened(name, LONGEST_NAME),
    shortened(operator),
    output.join(" x "),
    parameters === 0 ? "" : grouped(parameters),
    macs === 0 ? "" : grouped(macs),
  ]);
  const { parameters, macs, activationLayers } = architectureCosts(architecture);
  const entries = Object.entries(metadata);
  const shapes = outputs.map((shape) => shape.join(" x ")).join(", ");
  const about = [
    `${inFull(parameters, "parameters")}, ${inFull(macs, "MACs")}, ${activationLayers} ${activationLayers === 1 ? "nonlinearity" : "nonlinearities"}`,
    `${input.join(" x ")} to ${shapes}; opset ${opset}${producer === "" ? "" : `, written by ${shortened(producer)}`}`,
    ...entries.slice(0, MOST_ENTRIES).map(([key, value]) => `${shortened(key)}: ${shortened(value)}`),
    ...(entries.length > MOST_ENTRIES
      ? [`${grouped(entries.length - MOST_ENTRIES)} more entries in its metadata`]
      : []),
    ...notes.map((note) => `note: ${note}`),
  ];
  const table = textTable(["node", "operator", "output", "parameters", "MACs"], rows);
  return `${table}\n\n${about.map((line) => wrap(printable(line))).join("\n")}`;
}

/** `1.33 M parameters (1,327,184)`; `162 parameters`; `1 parameter` */
function inFull(count: number, what: string): string {
  const [short, full] = [big(count), grouped(count)];
  const words = `${short} ${count === 1 ? what.replace(/s$/, "") : what}`;
  return short === full ? words : `${words} (${full})`;
}

function shortened(value: string, most = LONGEST_VALUE): string {
  return value.length > most ? `${value.slice(0, most)}...` : value;
}
