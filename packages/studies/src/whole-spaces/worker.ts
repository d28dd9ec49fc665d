/** @file A thread of whole-spaces/command.ts: scores its cells, one after the other, and gives the seconds that it took. */

import { parentPort, workerData } from "node:worker_threads";
import { metricOf, spaceOf } from "@esnas/core/internal";
import { nodeScorer } from "../common/node-scorer.js";
import type { WholeSpacesTask } from "./command.js";

const { space: name, metric: id, cells } = workerData as WholeSpacesTask;
const { build, notation } = spaceOf(name);
if (notation === undefined) throw new Error(`the space "${name}" has no notation`);
const metric = metricOf(id);
const scorer = nodeScorer({ seed: 0 });
const start = performance.now();
for (const cell of cells) await scorer.score(build(notation.read(cell)), metric);
parentPort?.postMessage((performance.now() - start) / 1000);
await scorer.release();
