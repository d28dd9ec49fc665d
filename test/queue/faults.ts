/**
 * @file One search by way of a queue during which, at random moments, a worker is killed, another one hangs, Redis is killed and started
 * again with its data, emptied, and full for a while, and the search is killed and gone on with.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom } from "@esnas/core/internal";
import { Redis } from "ioredis";
import { REPOSITORY } from "../cli/esnas.js";
import { type RedisServer, startRedis } from "./redis.js";

const PROGRAM = join(REPOSITORY, "packages/cli/bin/esnas.js");
/** Every candidate takes a forward run, and eight are asked for at once. */
export const SEARCH = "search --algorithm joint --resolution 64 --max-params 300k --max-evaluations 100 --seed 5".split(
  " ",
);
/** Milliseconds of a search within which faults fall. */
const SPAN = 2000;
/** Milliseconds that a round may take. */
export const LIMIT = 300_000;

interface Process {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text: string;
}

function start(cwd: string, args: readonly string[]): Process {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  const started: Process = {
    child,
    ended: new Promise((done) => child.on("close", done)),
    text: "",
  };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    started.text += text;
  });
  return started;
}

export interface Round {
  /** Folder of the run. */
  readonly run: string;
  /** What was done, in the order of time. */
  readonly faults: readonly string[];
  readonly milliseconds: number;
  /** Keys in Redis that would never expire. */
  readonly kept: readonly string[];
}

/** @throws {Error} where the search does not end well. */
export async function faultRound(cwd: string, seed: number): Promise<Round> {
  const random = seededRandom(seed);
  const folder = join(cwd, `round-${seed}`);
  mkdirSync(folder);
  const begin = performance.now();
  const redis = await startRedis(folder);
  const queue = ["--queue", redis.url];
  const worker = () => start(folder, ["worker", ...queue, "--workers", "1", "--stalled-after", "1s"]);
  const workers = [worker(), worker()];
  let search = start(folder, [...SEARCH, "--out", "run", ...queue]);
  const pick = () => workers[random.below(workers.length)] ?? worker();
  const tell = async (what: (own: Redis) => Promise<unknown>) => {
    const own = new Redis({ port: redis.port, host: "127.0.0.1" });
    await what(own).finally(() => own.disconnect());
  };
  const done: string[] = [];
  const actions: Readonly<Record<string, () => Promise<void>>> = {
    async "a worker is killed"() {
      pick().child.kill("SIGKILL");
      workers.push(worker());
    },
    async "a worker hangs"() {
      pick().child.kill("SIGSTOP");
      workers.push(worker());
    },
    async "Redis is killed"() {
      await redis.kill();
      await pause(random.below(600));
      await redis.restart();
    },
    async "Redis is emptied"() {
      await tell((own) => own.flushall());
    },
    async "Redis is full"() {
      await tell((own) => own.config("SET", "maxmemory", "1"));
      await pause(random.below(3000));
      await tell((own) => own.config("SET", "maxmemory", "0"));
    },
    async "the search is killed"() {
      if (search.child.exitCode !== null) return;
      search.child.kill("SIGKILL");
      await search.ended;
      const begun = existsSync(join(folder, "run"));
      search = start(folder, begun ? ["search", "--resume", "run", ...queue] : [...SEARCH, "--out", "run", ...queue]);
    },
  };
  const plan = Object.entries(actions)
    .map(([name, action]) => ({ at: random.below(SPAN), name, action }))
    .toSorted((a, b) => a.at - b.at);
  try {
    await hasBegun(folder, search);
    const zero = performance.now();
    for (const { at, name, action } of plan) {
      await pause(Math.max(0, at - (performance.now() - zero)));
      const isOver = search.child.exitCode !== null;
      await action();
      done.push(
        `${name} after ${Math.round(performance.now() - zero)} ms${isOver ? ", when the search was over" : ""}`,
      );
    }
    const code = await Promise.race([search.ended, pause(LIMIT).then(() => "no end")]);
    if (code !== 0) throw new Error(`the search ended with ${code}; ${done.join("; ")}: ${search.text}`);
    return { run: join(folder, "run"), faults: done, milliseconds: performance.now() - begin, kept: await kept(redis) };
  } finally {
    for (const { child } of [...workers, search]) child.kill("SIGKILL");
    await redis.stop();
  }
}

/** Scores have come, so that faults fall into the search. */
async function hasBegun(folder: string, { ended }: Process): Promise<void> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && !existsSync(join(folder, "run", "study.sqlite-wal"))) await pause(5);
}

/** What is there for ever, once those who look after the queue have had the time to. */
async function kept({ port }: RedisServer): Promise<string[]> {
  const redis = new Redis({ port, host: "127.0.0.1" });
  try {
    for (let wait = 0; ; wait++) {
      const keys = await redis.keys("*");
      const times = await Promise.all(keys.map((key) => redis.ttl(key)));
      const forEver = keys.filter((_, i) => times[i] === -1);
      if (forEver.length === 0 || wait === 100) return forEver;
      await pause(100);
    }
  } finally {
    redis.disconnect();
  }
}
