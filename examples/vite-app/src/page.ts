import { type Classifier, classifierOf } from "./classifier.js";

const picture = document.querySelector<HTMLInputElement>("#picture");
const status = document.querySelector("#status");
const list = document.querySelector("#classes");
if (picture === null || status === null || list === null) throw new Error("the page is not whole");

/** Classes that are shown. */
const MOST = 5;

async function read(): Promise<Classifier> {
  const answer = await fetch("model.onnx");
  if (!answer.ok) throw new Error("there is no model: put model.onnx into public/");
  return classifierOf(new Uint8Array(await answer.arrayBuffer()));
}

try {
  const classify = await read();
  status.textContent = "Choose a picture.";
  picture.addEventListener("change", async () => {
    const [file] = picture.files ?? [];
    if (file === undefined) return;
    try {
      const probabilities = await classify(await createImageBitmap(file));
      const best = probabilities.map((probability, index) => ({ index, probability }));
      best.sort((a, b) => b.probability - a.probability);
      list.replaceChildren(
        ...best.slice(0, MOST).map(({ index, probability }) => {
          const item = document.createElement("li");
          item.textContent = `class ${index}: ${(100 * probability).toFixed(1)} %`;
          return item;
        }),
      );
      status.textContent = file.name;
    } catch (error) {
      status.textContent = `${file.name}: ${error instanceof Error ? error.message : error}`;
    }
  });
} catch (error) {
  status.textContent = error instanceof Error ? error.message : String(error);
}
