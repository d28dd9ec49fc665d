/**
 * @file A worker that dies of some networks. `DYING_WORKER` is JSON: a folder in which deaths are counted, and by the JSON of a genotype how
 * and how many times workers die of it. Statistics are those of the process.
 */

import { createHash } from "node:crypto";
import { appendFileSync, closeSync, statSync } from "node:fs";
import { join } from "node:path";
import { worker, workerEmit } from "workerpool";

const { folder, faults } = JSON.parse(process.env.DYING_WORKER ?? "{}");

const ends = {
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, "SIGKILL"),
  exit: () => process.exit(7),
  hang: () => {},
};

function deaths(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

worker({
  async score(task) {
    workerEmit(process.pid);
    for (const genotype of task.genotypes) {
      const key = JSON.stringify(genotype);
      const fault = faults[key];
      const file = join(folder, createHash("md5").update(key).digest("hex"));
      if (fault === undefined || deaths(file) >= fault.times) continue;
      appendFileSync(file, ".");
      // What Node has to say of an abort is not for the eyes of a tester.
      closeSync(2);
      ends[fault.end]();
      // A signal takes a moment.
      return new Promise(() => {});
    }
    const { score } = await import("../../packages/cli/dist/scoring/scoring-task.js");
    return score(task);
  },
  statistics: () => ({ pid: process.pid }),
});
