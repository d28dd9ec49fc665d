/** @file Requests as no browser makes them: word for word, cut off, or by the hundred; and what a process holds meanwhile. */

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks without tidying up paths and hosts, as `fetch` would. */
export function ask(address: string, path: string, { method = "GET", headers = {} }: Asked = {}): Promise<Answer> {
  const { hostname, port } = new URL(address);
  return new Promise((done, fail) => {
    const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part)).on("error", fail);
      response.on("end", () =>
        done({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.on("error", fail).end();
  });
}

/** Sends bytes and no more; what comes back until the server ends the connection. */
export function exchange(address: string, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((done) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", () => {}).on("close", () => done(text));
  });
}

/** Asks for a file many times, some at once, and leaves when its first bytes have come, or before. */
export async function abortedRequests(address: string, path: string, times: number): Promise<void> {
  const { hostname, port, host } = new URL(address);
  let left = times;
  const one = (isPatient: boolean) =>
    new Promise<void>((done) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, () => {
          if (!isPatient) socket.destroy();
        });
      });
      socket.on("data", () => socket.destroy());
      socket.on("error", () => {}).on("close", () => done());
    });
  const lane = async () => {
    while (left-- > 0) await one(left % 3 !== 0);
  };
  await Promise.all(Array.from({ length: 20 }, lane));
}

/** Whether a process can be looked into here. */
export const hasProc = existsSync("/proc/self/fd");

/** What the open descriptors of a process lead to, but for what SQLite has open until its statements are collected as garbage. */
export function openFilesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      const file = readlinkSync(`${folder}/${name}`);
      return file.includes("study.sqlite") ? [] : [file];
    } catch {
      return [];
    }
  });
}

/** Resident memory of a process, in MiB. */
export function memoryOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}
