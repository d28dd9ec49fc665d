/** @file How the page is built: relative addresses, so that it works from any host and in any folder. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { thirdPartyLicenses } from "../../scripts/third-party.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tells the service worker which files there are, so that it can keep them; another build is another one. */
const filesOfBuild: Plugin = {
  name: "files-of-build",
  generateBundle(_, bundle) {
    const worker = bundle["service-worker.js"];
    if (worker?.type !== "chunk") return;
    const files = Object.keys(bundle).filter((name) => name.startsWith("assets/") && !name.endsWith(".wasm"));
    const build = createHash("sha256").update(files.toSorted().join()).digest("hex").slice(0, 12);
    worker.code = worker.code
      .replace(/["'`]__FILES__["'`]/, JSON.stringify([...files, "icon.svg"]))
      .replace("__BUILD__", build);
  },
};

const licenses = thirdPartyLicenses();

export default defineConfig({
  root: here("."),
  base: "./",
  plugins: [filesOfBuild, licenses.main],
  build: {
    // The command serves it, and is published with it.
    outDir: here("../cli/page"),
    emptyOutDir: true,
    target: "es2023",
    // A figure of 50 kB within the script would be parsed before the first view.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      experimental: { attachDebugInfo: "none" },
      input: { index: here("index.html"), "service-worker": here("src/service-worker.ts") },
      output: {
        // A service worker keeps its address, or browsers would keep the old one.
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  worker: { format: "es", plugins: () => [licenses.workers] },
});
