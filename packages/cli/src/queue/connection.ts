/** @file Connections to Redis or Valkey, and what is told of a server that cannot be used. Passwords are in no message. */

import { isIP } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { InputError } from "@esnas/core/internal";
import { Redis } from "ioredis";
import { type QueueAddress, shownAddress } from "./address.js";
import { refusalOf } from "./redis-trouble.js";

/** What BullMQ asks for. */
const OLDEST = { major: 6, minor: 2 } as const;
/** Milliseconds in which a server has to answer when the program starts. */
const PATIENCE = 8000;
/** Milliseconds between two tries to reach a server that was lost. */
const LONGEST_PAUSE = 2000;
/** Milliseconds between two tries to reach a server that was not there from the start. */
const RETRIED_EVERY = 500;

export interface QueueConnection {
  readonly address: QueueAddress;
  readonly redis: Redis;
  /** What the user should know of the server. */
  readonly warning: string | undefined;
  /** Milliseconds for which the server has been out of reach; undefined while it is not. */
  lostFor(): number | undefined;
  /** A connection of its own, for commands that wait; closed with this one. */
  another(): Redis;
  close(): void;
}

/** A server that is not there, and may be in a moment. */
class UnreachableError extends InputError {}

/**
 * Connects to a server, and from then on tries for ever to reach it again where it is lost.
 * @param onChange Told when the server is lost, and when it is back.
 * @param patience Milliseconds for which a server that is out of reach at the start is waited for, as one is that starts again.
 * @throws {InputError} where it cannot be reached or is not one that a queue can be on.
 */
export async function connect(
  address: QueueAddress,
  onChange: (words: string) => void,
  patience = 0,
): Promise<QueueConnection> {
  const warning = await probePatiently(address, onChange, patience);
  const shown = shownAddress(address);
  const options = optionsOf(address);
  const connections: Redis[] = [];
  const open = () => {
    const redis = new Redis({
      ...options,
      // Commands wait until the server is back.
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_PAUSE),
    });
    // Each try that fails: what became of the connection is told once, by the events below.
    redis.on("error", () => {});
    connections.push(redis);
    return redis;
  };
  const redis = open();
  let lostAt: number | undefined;
  let isClosed = false;
  redis.on("close", () => {
    if (lostAt !== undefined || isClosed) return;
    lostAt = performance.now();
    onChange(`lost ${shown}; trying to reach it again`);
  });
  redis.on("ready", () => {
    if (lostAt === undefined) return;
    onChange(`${shown} is back`);
    lostAt = undefined;
  });
  return {
    address,
    redis,
    warning,
    lostFor: () => (lostAt === undefined ? undefined : performance.now() - lostAt),
    another: open,
    close() {
      isClosed = true;
      for (const connection of connections) connection.disconnect();
    },
  };
}

function optionsOf({ host, port, tls, username, password, database }: QueueAddress) {
  return {
    host,
    port,
    db: database,
    connectTimeout: PATIENCE,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // A certificate names a host; of an address the server has one alone.
    ...(tls && { tls: isIP(host) === 0 ? { servername: host } : {} }),
  };
}

/** Looks at the server until it is there. A patience without an end is told of, so that nobody wonders what is waited for. */
async function probePatiently(
  address: QueueAddress,
  onChange: (words: string) => void,
  patience: number,
): Promise<string | undefined> {
  const begin = performance.now();
  let told: string | undefined;
  for (;;) {
    try {
      return await probe(address);
    } catch (error) {
      if (!(error instanceof UnreachableError) || performance.now() - begin >= patience) throw error;
      if (patience === Number.POSITIVE_INFINITY && error.message !== told) {
        told = error.message;
        onChange(`${told}; trying until it is there`);
      }
    }
    await pause(RETRIED_EVERY);
  }
}

/**
 * Looks at the server once.
 * @returns A warning, if there is cause for one.
 */
async function probe(address: QueueAddress): Promise<string | undefined> {
  const redis = new Redis({
    ...optionsOf(address),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    commandTimeout: PATIENCE,
  });
  let first: Error | undefined;
  redis.on("error", (error) => {
    first ??= error;
  });
  try {
    await redis.connect();
    const warning = checkServer(await redis.info(), address);
    // Some servers, and some users, may read alone, or look at other names alone.
    await redis.set(`${address.prefix}:hello`, "", "PX", 1);
    return warning;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = reasonOf(first ?? error, address);
    throw isOutOfReach(first ?? error) ? new UnreachableError(reason) : new InputError(reason);
  } finally {
    redis.disconnect();
  }
}

function checkServer(info: string, address: QueueAddress): string | undefined {
  const shown = shownAddress(address);
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    const oldest = `${OLDEST.major}.${OLDEST.minor}`;
    throw new InputError(`${shown} has Redis ${version || "of an unknown version"}; a queue needs ${oldest} or newer`);
  }
  if (field("cluster_enabled") === "1" && !/\{.+\}/.test(address.prefix)) {
    throw new InputError(`${shown} is a Redis Cluster, where a prefix has to be in braces: --prefix '{esnas}'`);
  }
  const policy = field("maxmemory_policy");
  if (policy === undefined || policy === "noeviction") return undefined;
  return `${shown} may drop keys when its memory is full: set maxmemory-policy to noeviction, not ${policy}`;
}

const OUT_OF_REACH = [
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
] as const;

/** Whether the server may be there, or have room, in a moment: one that refuses a password or has a certificate of strangers will do so again. */
function isOutOfReach(error: unknown): boolean {
  const { message, code } = error as NodeJS.ErrnoException;
  return (
    OUT_OF_REACH.some((known) => known === code) ||
    /timed out|^connection is closed|^(LOADING|OOM|MISCONF|BUSY) /i.test(message)
  );
}

function reasonOf(error: unknown, address: QueueAddress): string {
  const shown = shownAddress(address);
  const { message, code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return `no Redis listens at ${shown}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `no host is known by the name of ${shown}`;
  if (code === "ETIMEDOUT" || /timed out/i.test(message)) {
    const perhaps = address.tls ? ": does it speak TLS?" : ": does it want rediss://?";
    return `${shown} does not answer within ${PATIENCE / 1000} s${perhaps}`;
  }
  if (code !== undefined && /CERT|UNABLE_TO_|SELF_SIGNED/.test(code)) {
    return `${shown} has a certificate that is not trusted (${message}); one of your own authority is by NODE_EXTRA_CA_CERTS=ca.pem`;
  }
  if (code === "ECONNRESET" && !address.tls) return `${shown} ends the connection: does it want rediss://?`;
  if (/^(NOAUTH|WRONGPASS)|invalid password|without any password/i.test(message)) {
    return `${shown} refuses the user or password that the URL ${address.password === undefined ? "lacks" : "has"}`;
  }
  if (/^NOPERM/.test(message))
    return `${shown} does not let this user do what a queue takes under "${address.prefix}:"`;
  const refusal = refusalOf(message);
  if (refusal !== undefined) return `${shown} takes no jobs: ${refusal}`;
  const words = code === undefined ? message : `${code}: ${message}`;
  return `${shown} cannot be used: ${withoutSecrets(words, address)}`;
}

/** No library's message is trusted with a password. */
export function withoutSecrets(text: string, { password }: QueueAddress): string {
  return password === undefined ? text : text.replaceAll(password, "***");
}
