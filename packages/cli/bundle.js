/**
 * @file Makes the program that `bin/esnas.js` runs: few files in place of the hundreds that it is written in, which Node takes longer to
 * find and open than to run. What starts by itself, the program and its workers, and what is loaded when it is first needed stay apart.
 */

import { build } from "rolldown";

await build({
  cwd: import.meta.dirname,
  input: { main: "src/main.ts", worker: "src/scoring/worker.ts", "watch-thread": "src/process/watch-thread.ts" },
  platform: "node",
  // Native code finds its libraries beside itself; what goes through a queue needs finds its parts by itself, and is seldom loaded.
  external: [/^onnxruntime-/, "libsql", "bullmq", "ioredis"],
  output: {
    dir: "bundle",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    comments: { jsdoc: false },
  },
});
