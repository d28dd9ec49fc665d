/** @file A thread of the curve of evaluations: makes the searches that it is sent, one after the other. */

import { parentPort } from "node:worker_threads";
import { type CurveTask, searchOf } from "./task.js";

parentPort?.on("message", async (task: CurveTask) => {
  parentPort?.postMessage(await searchOf(task));
});
