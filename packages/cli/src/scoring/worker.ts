/**
 * @file A worker process: what it can be asked for. What a task needs is loaded when it is first asked for, so that the process listens at
 * once; it ends with the process that started it.
 */

import type { PicksRequest } from "@esnas/core/internal";
import { worker, workerEmit } from "workerpool";
import { endWithParent } from "../process/watched.js";
import type { ScoringTask } from "./scoring-task.js";
import type { StatisticsTask } from "./statistics.js";

// Before a task is worked on, the pool is told of the process: a worker that dies after it has died of the task.
const methods = {
  async score(task: ScoringTask) {
    const { score } = await import("./scoring-task.js");
    await (await import("../plugins/plugins.js")).loadInheritedPlugins();
    workerEmit(process.pid);
    return score(task);
  },
  async statistics(task: StatisticsTask) {
    const { statistics } = await import("./statistics.js");
    workerEmit(process.pid);
    return statistics(task);
  },
  async picks(request: PicksRequest) {
    const { picksOf } = await import("@esnas/core/internal");
    workerEmit(process.pid);
    return picksOf(request);
  },
};

export type WorkerMethods = typeof methods;

endWithParent();
// What cannot be sent has nobody left to receive it.
process.on("error", () => process.exit());
worker(methods);
