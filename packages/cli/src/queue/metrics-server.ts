/** @file What Prometheus reads of a worker: `GET /metrics`; and `GET /healthz`, whether it reaches the queue. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InputError } from "@esnas/core/internal";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { QueueWorker } from "./queue-worker.js";

export interface MetricsServer {
  readonly address: string;
  close(): Promise<void>;
}

const listeningFailures: Readonly<Record<string, string>> = {
  EADDRINUSE: "it is taken; give another --metrics-port",
  EACCES: "only root may give ports below 1024; give another --metrics-port",
  EADDRNOTAVAIL: "this machine has no such address; give another --metrics-host",
  ENOTFOUND: "there is no such address; give another --metrics-host",
  EAI_AGAIN: "there is no such address; give another --metrics-host",
};

/** @throws {InputError} where the port is not free, or the address not this machine's. */
export async function serveMetrics(serving: QueueWorker, host: string, port: number): Promise<MetricsServer> {
  const registry = registryOf(serving);
  const server = createServer(async ({ method, url }, response) => {
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405).end();
    } else if (url === "/healthz") {
      response.writeHead(serving.isConnected ? 200 : 503).end(serving.isConnected ? "ok\n" : "the queue is lost\n");
    } else if (url === "/metrics") {
      try {
        const text = await registry.metrics();
        response.writeHead(200, { "content-type": registry.contentType }).end(text);
      } catch {
        response.writeHead(500).end("the metrics cannot be gathered\n");
      }
    } else {
      response.writeHead(404).end("/metrics or /healthz\n");
    }
  });
  await new Promise<void>((done, fail) => {
    server.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
      fail(new InputError(`cannot give metrics on ${host}, port ${port}: ${listeningFailures[code] ?? code}`));
    });
    server.listen(port, host, done);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  return {
    address: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}/metrics`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function registryOf(serving: QueueWorker): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ worker: serving.id });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counters = {
    esnas_networks_scored_total: ["networks that have been scored", () => serving.counts.scored],
    esnas_networks_died_total: ["networks of which a process died", () => serving.counts.died],
    esnas_jobs_total: ["jobs that have been done", () => serving.counts.jobs],
    esnas_jobs_failed_total: ["jobs that could not be done", () => serving.counts.failed],
    esnas_scoring_seconds_total: ["seconds of jobs, as seen from outside", () => serving.counts.milliseconds / 1000],
  } as const;
  const gauges = {
    esnas_jobs_active: ["jobs under way", () => serving.counts.active],
    esnas_slots: ["networks that are scored at once, at most", () => serving.record().slots],
    esnas_networks_per_second: ["networks a second of the last half minute", () => serving.record().rate],
    esnas_queue_connected: ["1 while the queue is within reach", () => Number(serving.isConnected)],
  } as const;
  for (const [name, [help, value]] of Object.entries(counters)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }
  for (const [name, [help, value]] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  }
  return registry;
}
