/** @file `esnas worker`: scores for searches on other machines, until it is told to stop. */

import { amountOfCost, InputError } from "@esnas/core/internal";
import { Command, Option } from "commander";
import { oneOf, whole, workersOption } from "../flags/options.js";
import { Interruption } from "../process/interruption.js";
import { addressOf, type QueueFlags, shownAddress, withQueueOptions } from "../queue/address.js";
import { disagreement, referenceTask } from "../queue/admission.js";
import { connect } from "../queue/connection.js";
import { type Log, logForms, logTo } from "../queue/log.js";
import { type MetricsServer, serveMetrics } from "../queue/metrics-server.js";
import { QueueWorker, refuse } from "../queue/queue-worker.js";
import { programIdentity } from "../scoring/program.js";
import { outcomesByWorkers } from "../scoring/scoring-service.js";
import { workerPool } from "../scoring/worker-pool.js";

interface WorkerFlags extends QueueFlags {
  readonly workers: number;
  readonly limit: number;
  readonly stalledAfter: number;
  readonly metricsPort?: number;
  readonly metricsHost: string;
  readonly log: (typeof logForms)[number];
}

const LEAST_STALLED = 1000;
const DAY = 24 * 60 * 60 * 1000;

/** A time within bounds, in milliseconds. */
function timeOf(flag: string, least: number): (text: string) => number {
  return (text) => {
    const time = amountOfCost("latency", text);
    if (time >= least && time <= DAY) return Math.round(time);
    throw new InputError(`${flag} takes a time from ${least / 1000}s to a day, was given "${text}"`);
  };
}

export function workerCommand(): Command {
  return withQueueOptions(new Command("worker"), "Redis or Valkey with the queue")
    .addOption(workersOption())
    .addOption(
      new Option("--limit <time>", "a network that takes longer is given to another worker")
        .argParser(timeOf("--limit", 1))
        .default(600_000, "600s"),
    )
    .addOption(
      new Option("--stalled-after <time>", "jobs go to others when this worker is not heard of for so long")
        .argParser(timeOf("--stalled-after", LEAST_STALLED))
        .default(30_000, "30s"),
    )
    .option("--metrics-port <n>", "give metrics for Prometheus, at /metrics", whole("--metrics-port", 0, 65_535))
    .addOption(new Option("--metrics-host <address>", "address for them").default("127.0.0.1", "this machine's own"))
    .addOption(
      new Option("--log <form>", logForms.join(" or ")).argParser(oneOf("form of a log", logForms)).default("text"),
    )
    .addHelpText(
      "after",
      `
A password belongs into ESNAS_QUEUE, which other users of the machine do not
see. docs/cluster.md: TLS, containers, systemd, Kubernetes.

Examples:
  $ esnas worker --queue redis://10.0.0.5
  $ esnas worker --queue rediss://queue.example:6380 --prefix team --workers 8
  $ esnas worker --queue redis://10.0.0.5 --log json --metrics-port 9464`,
    )
    .action(runWorker);
}

async function runWorker(flags: WorkerFlags): Promise<void> {
  const address = addressOf(flags);
  if (address === undefined) throw new InputError("a worker needs --queue redis://host:6379, or ESNAS_QUEUE");
  const log = logTo(process.stderr, flags.log);
  const identity = programIdentity();
  // Machines start in any order.
  const connection = await connect(address, (words) => log(words), Number.POSITIVE_INFINITY);
  const pool = workerPool(flags.workers, { deaths: 1 });
  try {
    if (connection.warning !== undefined) log(connection.warning);
    const reason = disagreement(await outcomesByWorkers(pool, referenceTask(), flags.limit));
    if (reason !== undefined) {
      await refuse(connection, identity, reason);
      throw new InputError(`this worker is refused: ${reason}`);
    }
    const serving = await QueueWorker.begin(connection, {
      ...identity,
      slots: flags.workers,
      stalledAfter: flags.stalledAfter,
      score: (task) => outcomesByWorkers(pool, task, flags.limit),
      note: log,
    });
    log("joined", {
      queue: shownAddress(address),
      prefix: address.prefix,
      program: identity.program,
      worker: serving.id,
      slots: flags.workers,
    });
    await served(serving, flags, log);
    const { scored, died, failed } = serving.counts;
    log("left", { scored, died, failed });
  } finally {
    await pool.close();
    connection.close();
  }
}

/** Until a signal asks for the end; a second one does not wait for what is under way. */
async function served(serving: QueueWorker, { metricsPort, metricsHost }: WorkerFlags, log: Log): Promise<void> {
  let ask: () => void = () => {};
  const asked = new Promise<void>((done) => {
    ask = done;
  });
  const interruption = new Interruption(() => {
    log("leaving, when what is under way is done", { jobs: serving.counts.active });
    ask();
  });
  let metrics: MetricsServer | undefined;
  try {
    metrics = metricsPort === undefined ? undefined : await serveMetrics(serving, metricsHost, metricsPort);
    if (metrics !== undefined) log("gives metrics", { address: metrics.address });
    await Promise.race([asked, serving.broken]);
  } finally {
    await serving.close();
    await metrics?.close();
    interruption.end();
  }
}
