/**
 * @file The files of the built page. `send` does what is easy to get wrong: types, ranges, entity tags, paths that lead out of the
 * folder, and the end of a file's stream when its reader leaves.
 */

import { existsSync } from "node:fs";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import { InputError } from "@esnas/core/internal";
import send from "send";
import { packageFolder } from "../version.js";
import { refuse } from "./responses.js";

/**
 * The folder of the built page.
 * @throws {InputError} where it is not built.
 */
export function pageFolder(): string {
  const folder = join(packageFolder, "page");
  if (existsSync(join(folder, "index.html"))) return folder;
  throw new InputError("the page of the studio is not built: npm run build:studio");
}

/** By status; with any other, it is as if there were no such file. */
const refusals: Readonly<Record<number, string>> = {
  400: "the address is malformed",
  412: "the file has changed",
  416: "the file has no such bytes",
  500: "the file cannot be read",
};

interface SendError extends Error {
  readonly statusCode: number;
  readonly headers?: OutgoingHttpHeaders;
}

/** Answers with the file of a folder that a path names, percent-encoded as it came. */
export function sendFile(folder: string, path: string, request: IncomingMessage, response: ServerResponse): void {
  const isMissing = () => refuse(response, 404, "there is no such page");
  send(request, path, { root: folder, dotfiles: "ignore" })
    .on("error", ({ statusCode, headers }: SendError) => {
      const words = refusals[statusCode];
      if (words === undefined) isMissing();
      else refuse(response, statusCode, words, headers);
    })
    .on("directory", isMissing)
    .pipe(response);
}
