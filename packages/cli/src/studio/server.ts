/**
 * @file The studio's page and the runs that it shows, on this machine alone: on the loopback interface, for requests that name it as
 * their host, so that no page of elsewhere reaches it by a name that it has had resolved to this machine.
 */

import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { EsnasError, InputError } from "@esnas/core";
import sirv from "sirv";
import { z } from "zod";
import type { ServedRuns } from "./served-runs.js";

const LOOPBACK = "127.0.0.1";

/** Isolated from other origins, the page may use threads. */
const headers: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * The folder of the built page.
 * @throws {InputError} where it is not built.
 */
function pageFolder(): string {
  const folder = join(dirname(createRequire(import.meta.url).resolve("@esnas/studio/package.json")), "dist");
  if (existsSync(join(folder, "index.html"))) return folder;
  throw new InputError("the page of the studio is not built: npm run build:studio");
}

/** Candidates of one answer, at most. */
const MOST_ROWS = 2000;

const rowsQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  most: z.coerce.number().int().positive().max(MOST_ROWS).default(MOST_ROWS),
});

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** Answers what is asked about runs. */
function answer(runs: ServedRuns, { pathname, searchParams }: URL, response: ServerResponse): void {
  if (pathname === "/api/runs") {
    send(response, 200, { runs: runs.list() });
    return;
  }
  const [, id] = /^\/api\/runs\/([0-9a-f]{16})$/.exec(pathname) ?? [];
  const query = rowsQuery.safeParse(Object.fromEntries(searchParams));
  const rows = id !== undefined && query.success ? runs.rows(id, query.data.after, query.data.most) : undefined;
  if (!query.success) send(response, 400, { error: "after and most are whole numbers" });
  else if (rows === undefined) send(response, 404, { error: "there is no such run" });
  else send(response, 200, rows);
}

/** A host is this machine, at the port that it is asked on. */
function isOurs({ headers: { host }, socket }: IncomingMessage): boolean {
  return [LOOPBACK, "localhost"].some((name) => host === `${name}:${socket.localPort}`);
}

export interface RunningServer {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the page until it is closed.
 * @param port 0 for any that is free.
 * @throws {InputError} where the page is not built, or the port is not free.
 */
export async function serveStudio(runs: ServedRuns, port: number): Promise<RunningServer> {
  const page = sirv(pageFolder(), { etag: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!isOurs(request)) {
      send(response, 403, { error: "the studio answers on this machine, under its own name" });
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      send(response, 405, { error: "the studio is only read" });
    } else {
      respond(runs, page, request, response);
    }
  });
  await listening(server, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `http://${LOOPBACK}:${taken}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function respond(
  runs: ServedRuns,
  page: ReturnType<typeof sirv>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const address = request.url ?? "/";
  if (!URL.canParse(address, `http://${LOOPBACK}`)) {
    send(response, 400, { error: "that is no address" });
    return;
  }
  const url = new URL(address, `http://${LOOPBACK}`);
  if (!url.pathname.startsWith("/api/")) {
    page(request, response, () => send(response, 404, { error: "there is no such page" }));
    return;
  }
  try {
    answer(runs, url, response);
  } catch (error) {
    // A study that is being removed, or is damaged, is no reason to end.
    const message = error instanceof EsnasError ? error.message : "the run cannot be read";
    send(response, 500, { error: message });
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      const reason = code === "EADDRINUSE" ? "it is taken" : code === "EACCES" ? "no permission" : (code ?? "unknown");
      fail(new InputError(`cannot listen on port ${port}: ${reason}; give another one with --port`));
    });
    server.listen(port, LOOPBACK, done);
  });
}
