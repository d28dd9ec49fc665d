/** @file Files that the page gives: made by a worker, handed to the browser as downloads. */

import type { FileKind, FileOptions } from "../workers/lab.worker.js";
import type { Design } from "./genotypes.js";
import { lab } from "./lab.js";
import { jsonOf, type Study } from "./study.js";

export type TakenKind = FileKind | "png";

export const fileKinds: readonly { readonly kind: TakenKind; readonly label: string; readonly about: string }[] = [
  { kind: "onnx", label: "ONNX", about: "the network with random weights, opset 17, any batch" },
  { kind: "pytorch", label: "PyTorch", about: "source of a module that needs nothing but PyTorch" },
  { kind: "safetensors", label: "safetensors", about: "the same weights, for load_state_dict" },
  { kind: "json", label: "Genotype", about: "JSON, which every command of esnas reads" },
  { kind: "svg", label: "SVG", about: "the drawing" },
  { kind: "png", label: "PNG", about: "the drawing as pixels" },
];

const names: Readonly<Record<TakenKind, string>> = {
  onnx: "model.onnx",
  pytorch: "model.py",
  safetensors: "model.safetensors",
  json: "architecture.json",
  svg: "figure.svg",
  png: "figure.png",
};

const types: Readonly<Record<TakenKind, string>> = {
  onnx: "application/octet-stream",
  pytorch: "text/x-python",
  safetensors: "application/octet-stream",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
};

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function saveText(name: string, text: string): void {
  download(new Blob([text], { type: "application/json" }), name);
}

/** Makes a file of a network and downloads it. */
export async function takeAway(kind: TakenKind, design: Design, options: FileOptions): Promise<void> {
  const content = await lab().file(kind === "png" ? "svg" : kind, jsonOf(design), options);
  const made = new Blob([typeof content === "string" ? content : new Uint8Array(content)], {
    type: types[kind === "png" ? "svg" : kind],
  });
  download(kind === "png" ? await pixelsOf(made) : made, names[kind]);
}

/** Pixels for a pixel of the drawing. */
const SCALE = 2;

async function pixelsOf(svg: Blob): Promise<Blob> {
  const address = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = SCALE * image.naturalWidth;
    canvas.height = SCALE * image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) => {
      canvas.toBlob(
        (blob) => (blob === null ? fail(new Error("This browser does not draw PNG.")) : done(blob)),
        types.png,
      );
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Downloads all candidates of a search. */
export async function takeCandidates({ settings, table }: Study): Promise<void> {
  const csv = await lab().csv(settings.space, settings.spaceOptions, table.whole());
  download(new Blob([csv], { type: "text/csv" }), "candidates.csv");
}
