/**
 * @file Makes the program that `bin/esnas.js` runs: few files in place of the hundreds that it is written in, which Node takes longer to
 * find and open than to run. What starts by itself, the program and its workers, and what is loaded when it is first needed stay apart.
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "rolldown";
import { thirdPartyLicenses } from "../../scripts/third-party.js";
import { coreDigest } from "./dist/scoring/core-digest.js";

/** What the compiler writes whenever it has compiled anything, and what else goes into the program. */
const made = ["../core/tsconfig.tsbuildinfo", "tsconfig.tsbuildinfo", "bundle.js", "../../package-lock.json"];

function isUpToDate() {
  const timeOf = (path) => statSync(join(import.meta.dirname, path)).mtimeMs;
  return (
    existsSync(join(import.meta.dirname, "bundle/main.js")) &&
    made.every((path) => timeOf(path) < timeOf("bundle/main.js"))
  );
}

if (process.argv.includes("--if-changed") && isUpToDate()) process.exit();

/** Core's files are not beside the packed program: their digest is taken here. */
const digestOfBuild = {
  name: "core-digest",
  load: {
    filter: { id: /scoring[/\\]core-digest\.ts$/ },
    handler: () => `export const coreDigest = () => ${JSON.stringify(coreDigest())};`,
  },
};

await build({
  cwd: import.meta.dirname,
  input: {
    main: "src/main.ts",
    worker: "src/scoring/worker.ts",
    "watch-thread": "src/process/watch-thread.ts",
    "plugin-api": "src/plugins/plugin-api.ts",
  },
  platform: "node",
  // Native code finds its libraries beside itself; what goes through a queue needs finds its parts by itself, and is seldom loaded.
  // These are the package's dependencies, all of them: test/packages.test.ts.
  external: [/^onnxruntime-/, "libsql", "bullmq", "ioredis"],
  plugins: [digestOfBuild, thirdPartyLicenses().main],
  // No comments with the paths of the modules.
  experimental: { attachDebugInfo: "none" },
  output: {
    dir: "bundle",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: { jsdoc: false },
  },
});
