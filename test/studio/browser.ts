/** @file A Chromium that is installed, and the built page as any web host gives it: files, in a sub-folder. */

import { accessSync, constants, existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import send from "send";
import { REPOSITORY, type Started } from "../cli/esnas.js";

const PAGE = join(REPOSITORY, "packages/cli/page");

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `CHROMIUM_PATH`, or the first that is found on the PATH. */
function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = "" } = process.env;
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== "") return CHROMIUM_PATH;
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return PATH.split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable);
}

const found = findChromium();

/** Why the tests of the page are skipped; undefined where nothing is missing. */
export const missing =
  found === undefined
    ? "no Chromium is found: install one, or name it by CHROMIUM_PATH"
    : existsSync(join(PAGE, "index.html"))
      ? undefined
      : "the page is not built: npm run build:studio";

export function launch(): Promise<Browser> {
  return chromium.launch({
    ...(found !== undefined && { executablePath: found }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-sync",
      // A host of another name than this machine's: what a browser does not trust without a certificate.
      "--host-resolver-rules=MAP studio.test 127.0.0.1",
    ],
  });
}

/** What goes wrong in a page, from now on, in a list that grows. */
export function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    // On this machine the page looks for runs that are served, which a web host does not have.
    const isExpected = message.location().url.endsWith("/api/runs");
    if (message.type() === "error" && !isExpected) errors.push(message.text());
  });
  return errors;
}

/** What keeps people from using a page, as axe finds it. */
export async function barriersOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

/** Where a studio that was started serves its page. */
export function addressOf({ child }: Started): Promise<string> {
  return new Promise((done, fail) => {
    child.stdout?.once("data", (text: string) => done(text.trim()));
    child.once("close", (code) => fail(new Error(`it ended with ${code}`)));
  });
}

export interface WebHost {
  /** Of the page. */
  readonly address: string;
  close(): void;
}

const FOLDER = "/some/folder";

/** @param root - The folder that is given; the studio's page where it is absent. */
export async function host(root = PAGE): Promise<WebHost> {
  const server = createServer((request, response) => {
    const { url = "" } = request;
    if (!url.startsWith(`${FOLDER}/`)) {
      response.writeHead(404).end();
      return;
    }
    const { pathname } = new URL(url.slice(FOLDER.length), "http://127.0.0.1");
    send(request, pathname, { root }).pipe(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${FOLDER}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
