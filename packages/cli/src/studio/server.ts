/**
 * @file The studio's page and the runs that it shows, on this machine alone: on the loopback interface, for requests that name it as
 * their host, so that no page of elsewhere reaches it by a name that it has had resolved to this machine. No request ends the server:
 * what goes wrong with one is its answer, and who keeps a connection without using it loses it.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EsnasError, InputError } from "@esnas/core/internal";
import { z } from "zod";
import { isOwnHost } from "./local-host.js";
import { pageFolder, sendFile } from "./page-files.js";
import { answerJson, refuse } from "./responses.js";
import type { ServedRuns } from "./served-runs.js";

const LOOPBACK = "127.0.0.1";

/** What a connection may take; the page of a browser holds six. */
const LIMITS = {
  connections: 256,
  /** Milliseconds until a request's headers, and the whole of it, have come. */
  headers: 10_000,
  request: 20_000,
  /** Milliseconds without a byte, either way. */
  silence: 60_000,
} as const;

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

/** Candidates of one answer, at most. */
const MOST_ROWS = 2000;

const rowsQuery = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  most: z.coerce.number().int().positive().max(MOST_ROWS).default(MOST_ROWS),
});

/** Answers what is asked about runs. */
function answer(runs: ServedRuns, { pathname, searchParams }: URL, response: ServerResponse): void {
  if (pathname === "/api/runs") {
    answerJson(response, 200, runs.list());
    return;
  }
  const [, id] = /^\/api\/runs\/([0-9a-f]{16})$/.exec(pathname) ?? [];
  const query = rowsQuery.safeParse(Object.fromEntries(searchParams));
  const rows = id !== undefined && query.success ? runs.rows(id, query.data.after, query.data.most) : undefined;
  if (!query.success) refuse(response, 400, "after and most are whole numbers");
  else if (rows === undefined) refuse(response, 404, "there is no such run");
  else answerJson(response, 200, rows);
}

export interface RunningServer {
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the page until it is closed.
 * @param port 0 for any that is free.
 * @param page Folder of the page's files.
 * @throws {InputError} where the page is not built, or the port is not free.
 */
export async function serveStudio(runs: ServedRuns, port: number, page = pageFolder()): Promise<RunningServer> {
  const timeouts = {
    headersTimeout: LIMITS.headers,
    requestTimeout: LIMITS.request,
    connectionsCheckingInterval: 2000,
  };
  const server = createServer(timeouts, (request, response) => {
    try {
      respond(runs, page, request, response);
    } catch (error) {
      // A study that is being removed, or is damaged, is no reason to end.
      refuse(response, 500, error instanceof EsnasError ? error.message : "the run cannot be read");
    }
  });
  server.maxConnections = LIMITS.connections;
  server.timeout = LIMITS.silence;
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

function respond(runs: ServedRuns, page: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = "", url = "/", socket } = request;
  // A path that begins with two slashes is no address of another host.
  const address = url.startsWith("/") ? `http://${LOOPBACK}${url}` : url;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (!isOwnHost(request.headers.host, socket.localPort)) {
    refuse(response, 403, "the studio answers on this machine, under its own name");
  } else if (!["GET", "HEAD"].includes(method)) {
    refuse(response, 405, "the studio is only read", { allow: "GET, HEAD" });
  } else if (!URL.canParse(address)) {
    refuse(response, 400, "that is no address");
  } else {
    const asked = new URL(address);
    if (asked.pathname.startsWith("/api/")) answer(runs, asked, response);
    else sendFile(page, asked.pathname, request, response);
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    // Also later: without a listener, an error of a connection that cannot be accepted would end the program.
    server.on("error", ({ code }: NodeJS.ErrnoException) => {
      const reason = code === "EADDRINUSE" ? "it is taken" : code === "EACCES" ? "no permission" : (code ?? "unknown");
      fail(new InputError(`cannot listen on port ${port}: ${reason}; give another one with --port`));
    });
    server.listen(port, LOOPBACK, done);
  });
}
