/** @file A real `redis-server` on a free port of the loopback interface, which can be killed and started again with its data. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../packages/studies/src/common/free-port.js";

/** Whether the tests of the queue can run here. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

export const NO_REDIS = "no redis-server is installed (Debian: redis-server): the queue is not tested";

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** As `kill -9` does. */
  kill(): Promise<void>;
  /** Again, on the same port, with what it has written to its folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder Where it keeps what it is told, at once: nothing is lost where it is killed. */
export async function startRedis(folder: string, ...settings: readonly string[]): Promise<RedisServer> {
  const port = await freePort();
  const persistent = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...persistent, ...settings];
  let child = await started();

  async function started(): Promise<ChildProcess> {
    const process = spawn("redis-server", args, { stdio: "ignore" });
    const redis = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 20, maxRetriesPerRequest: null });
    redis.on("error", () => {});
    await Promise.race([redis.ping().catch(() => {}), pause(10_000)]);
    redis.disconnect();
    return process;
  }

  async function ended(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const end = once(child, "exit");
    child.kill(signal);
    await end;
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: () => ended("SIGKILL"),
    async restart() {
      child = await started();
    },
    stop: () => ended("SIGKILL"),
  };
}
