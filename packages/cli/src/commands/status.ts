/** @file `esnas status`: what is on a queue. */

import { count, duration, grouped, InputError } from "@esnas/core/internal";
import { Command } from "commander";
import { addressOf, type QueueFlags, shownAddress, withQueueOptions } from "../queue/address.js";
import { connect } from "../queue/connection.js";
import { type QueueStatus, queueStatus } from "../queue/status.js";
import { print, printJson } from "../report/print.js";
import { textTable } from "../report/table.js";
import { programName } from "../scoring/program.js";

interface StatusFlags extends QueueFlags {
  readonly json?: boolean;
}

export function statusCommand(): Command {
  return withQueueOptions(new Command("status"), "Redis or Valkey with the queue")
    .option("--json", "print all of it as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas status --queue redis://10.0.0.5
  $ esnas status --queue redis://10.0.0.5 --prefix team --json`,
    )
    .action(runStatus);
}

async function runStatus(flags: StatusFlags): Promise<void> {
  const address = addressOf(flags);
  if (address === undefined) throw new InputError("status needs --queue redis://host:6379, or ESNAS_QUEUE");
  const connection = await connect(address, () => {});
  try {
    const status = await queueStatus(connection, programName());
    if (flags.json) printJson(status);
    else print(statusText(status, shownAddress(address)));
  } finally {
    connection.close();
  }
}

function statusText({ prefix, workers, searches, queues, rate }: QueueStatus, shown: string): string {
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const parts = [
    `"${prefix}" at ${shown}: ${count(workers.length, "worker")}, ${count(slots, "network")} at once, ${rate} a second`,
  ];
  if (workers.length > 0) {
    parts.push(
      textTable(
        ["worker", "program", "slots", "a second", "scored", "died", "failed", "for", ""],
        workers.map(({ id, program, slots: own, rate: each, scored, died, failed, since, reason, active }) => [
          id,
          program,
          String(own),
          String(each),
          grouped(scored),
          grouped(died),
          grouped(failed),
          age(since),
          reason === undefined ? (active > 0 ? "at work" : "idle") : `refused: ${reason}`,
        ]),
      ),
    );
  }
  if (searches.length > 0) {
    parts.push(
      textTable(
        ["search", "program", "waits for", "scored", "given up", "for"],
        searches.map(({ id, program, waiting, scored, failed, since }) => [
          id,
          program,
          grouped(waiting),
          grouped(scored),
          grouped(failed),
          age(since),
        ]),
      ),
    );
  }
  for (const { name, waiting, active, failed, failures } of queues) {
    parts.push(`queue ${name}: ${waiting} waiting, ${active} active, ${failed} failed of late`);
    for (const { job, reason } of failures) parts.push(`  ${job}: ${reason.slice(0, 200)}`);
  }
  return parts.join("\n");
}

function age(since: number): string {
  return duration((Date.now() - since) / 1000);
}
