/** @file Where the queue is: the flags and the environment that say so, and how it is shown without its password. */

import { InputError } from "@esnas/core/internal";
import { type Command, Option } from "commander";
import { DEFAULT_PREFIX } from "./protocol.js";

const VARIABLE = "ESNAS_QUEUE";
const PROTOCOLS: Readonly<Record<string, { readonly tls: boolean }>> = {
  "redis:": { tls: false },
  "valkey:": { tls: false },
  "rediss:": { tls: true },
  "valkeys:": { tls: true },
};
const DEFAULT_PORT = 6379;

export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly prefix: string;
}

export interface QueueFlags {
  readonly queue?: string;
  readonly prefix?: string;
}

export function withQueueOptions(command: Command, what: string): Command {
  return command
    .addOption(new Option("--queue <url>", `${what}: redis://host:6379, rediss:// for TLS`).env(VARIABLE))
    .addOption(new Option("--prefix <name>", `of the names in Redis (${DEFAULT_PREFIX}): workers serve one`));
}

/**
 * The address that flags, or the environment, give; undefined where neither does. It is not in the environment of what is started from
 * here, nor in the title of the process, which other users see.
 * @throws {InputError} where it is none.
 */
export function addressOf({ queue, prefix = DEFAULT_PREFIX }: QueueFlags): QueueAddress | undefined {
  delete process.env[VARIABLE];
  if (queue === undefined) return undefined;
  const address = parsedAddress(queue, prefix);
  if (address.password !== undefined) process.title = "esnas";
  return address;
}

/** @throws {InputError} where the text is no address, without saying what may be a password in it. */
export function parsedAddress(text: string, prefix: string): QueueAddress {
  if (!/^[\w.{}-]{1,64}$/.test(prefix)) {
    throw new InputError(`--prefix takes up to 64 letters, digits, and . _ - { }, was given "${prefix.slice(0, 80)}"`);
  }
  const form = "--queue takes redis://[user:password@]host[:port][/database], or rediss:// for TLS";
  if (!URL.canParse(text)) throw new InputError(`${form}; what was given is no URL`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const known = PROTOCOLS[protocol];
  if (known === undefined) throw new InputError(`${form}; was given ${protocol}//...`);
  if (hostname === "") throw new InputError(`${form}; what was given has no host`);
  const [, database] = /^\/?(\d{0,5})$/.exec(pathname) ?? [];
  if (database === undefined || search !== "" || hash !== "") {
    throw new InputError(`${form}; what was given has something else after the host`);
  }
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? DEFAULT_PORT : Number(port),
    tls: known.tls,
    username: username === "" ? undefined : decoded(username),
    password: password === "" ? undefined : decoded(password),
    database: Number(database),
    prefix,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError("--queue has a % in its user or password that stands for nothing: write %25");
  }
}

/** `redis://host:6379`, as messages have it. */
export function shownAddress({ host, port, tls }: QueueAddress): string {
  return `${tls ? "rediss" : "redis"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
