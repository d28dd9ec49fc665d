import type { News, Request } from "./messages.js";

const form = document.querySelector<HTMLFormElement>("#budget");
const stop = document.querySelector<HTMLButtonElement>("#stop");
const status = document.querySelector("#status");
const result = document.querySelector("#result");
if (form === null || stop === null || status === null || result === null) throw new Error("the page is not whole");

let worker: Worker | undefined;

function end(text: string) {
  worker?.terminate();
  worker = undefined;
  if (stop !== null) stop.disabled = true;
  if (status !== null) status.textContent = text;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  end("The search begins.");
  const data = new FormData(form);
  worker = new Worker(new URL("./search.worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("error", ({ message }) => end(`The search failed: ${message}`));
  worker.addEventListener("message", ({ data: news }: MessageEvent<News>) => {
    if (news.kind === "progress") {
      status.textContent = `${news.done} candidates, ${Math.round(news.rate)} a second, ${news.phase} phase`;
    } else if (news.kind === "failed") end(news.message);
    else {
      end(`Found: ${news.parameters} parameters, ${news.macs} multiply-accumulates`);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([news.file]));
      link.textContent = link.download = "model.onnx";
      result.replaceChildren(link);
    }
  });
  const request: Request = { parameters: Number(data.get("parameters")), macs: Number(data.get("macs")) };
  worker.postMessage(request);
  stop.disabled = false;
});

// A search has nothing to tidy up: ending its worker ends it.
stop.addEventListener("click", () => end("Stopped."));
