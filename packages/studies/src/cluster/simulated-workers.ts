/** @file A process with some simulated workers of a queue: each takes jobs by itself, as `esnas worker` does, and waits in place of scoring. */

import { parsedAddress } from "esnas/dist/queue/address.js";
import { connect } from "esnas/dist/queue/connection.js";
import { QueueWorker } from "esnas/dist/queue/queue-worker.js";
import { simulated } from "./simulated-score.js";

const [url = "", prefix = "", program = "", workers = "1", milliseconds = "0"] = process.argv.slice(2);
const address = parsedAddress(url, prefix);
for (let i = 0; i < Number(workers); i++) {
  await QueueWorker.begin(await connect(address, () => {}), {
    program,
    slots: 1,
    stalledAfter: 30_000,
    score: (task) => simulated(task, Number(milliseconds)),
    note: () => {},
  });
}
process.send?.("ready");
process.on("disconnect", () => process.exit());
