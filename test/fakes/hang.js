/**
 * @file Loaded into every process by `NODE_OPTIONS=--import`: a worker process hangs in its first task as one does that native code
 * keeps: it hears of nothing that its main thread would be told.
 */

if (process.argv[1]?.endsWith("worker.js")) {
  process.once("message", () => {
    console.error("hangs");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
