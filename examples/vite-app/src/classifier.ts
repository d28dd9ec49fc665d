import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { wasm: new URL(wasm, location.href).href };

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** Says the probability of each class of a picture. */
export type Classifier = (picture: ImageBitmap) => Promise<number[]>;

/** Reads a model with one input of colour images of a fixed size, `[N, 3, H, W]`. */
export async function classifierOf(file: Uint8Array): Promise<Classifier> {
  const session = await ort.InferenceSession.create(file);
  const [input] = session.inputMetadata;
  if (input?.isTensor !== true) throw new Error("the model has no input of images");
  const [height, width] = input.shape.slice(2).map(Number);
  if (!height || !width) throw new Error("the model takes images of any size: export it for one");
  return async (picture) => {
    const context = new OffscreenCanvas(width, height).getContext("2d");
    if (context === null) throw new Error("the browser gives no canvas");
    context.drawImage(picture, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const pixels = new Float32Array(3 * height * width);
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < 3; c++)
        pixels[c * height * width + i] = ((data[4 * i + c] ?? 0) / 255 - MEAN[c]) / DEVIATION[c];
    }
    const results = await session.run({ [input.name]: new ort.Tensor("float32", pixels, [1, 3, height, width]) });
    const logits = Array.from(Object.values(results)[0]?.data as Float32Array);
    const most = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - most));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    return exponentials.map((value) => value / total);
  };
}
