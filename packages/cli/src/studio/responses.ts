/** @file Answers of the studio's server: JSON, and refusals in words, also where a file was about to be sent. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Of a file that is not sent after all. */
const fileHeaders = ["accept-ranges", "content-range", "etag", "last-modified"];

export function answerJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(code, {
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

/** Says why there is no answer; one that has begun is cut off, so that nobody takes it for whole. */
export function refuse(response: ServerResponse, code: number, error: string, headers?: OutgoingHttpHeaders): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of fileHeaders) response.removeHeader(name);
  answerJson(response, code, { error }, headers);
}
