/** @file Searches that the browser keeps: opened twice, in two tabs, damaged, deleted, and on a page without a certificate. */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { host, launch, missing, type WebHost } from "./browser.js";

const PATIENCE = 110_000;
/** Of a search that somebody stops: on no machine does it end before that. */
const ENDLESS = 100_000;

/** Changes the page's database by hand: `action` is given its two stores. */
function inDatabase(page: Page, action: string): Promise<void> {
  return page.evaluate(
    (body) =>
      new Promise<void>((done, fail) => {
        const opened = indexedDB.open("esnas-studio");
        opened.onerror = () => fail(opened.error);
        opened.onsuccess = () => {
          const transaction = opened.result.transaction(["searches", "batches"], "readwrite");
          transaction.oncomplete = () => {
            opened.result.close();
            done();
          };
          const [searches, batches] = [transaction.objectStore("searches"), transaction.objectStore("batches")];
          actions[body]?.(searches, batches);
        };
        const actions: Record<string, (searches: IDBObjectStore, batches: IDBObjectStore) => void> = {
          "a record of nobody": (searches) =>
            searches.put({ id: "x", created: Date.now() + 1e6, settings: { hello: 1 }, status: "running" }),
          "another version": (searches) => {
            const all = searches.getAll();
            all.onsuccess = () => searches.put({ ...all.result[0], version: "0.0.0-other" });
          },
          "a hole": (_, batches) => {
            const keys = batches.getAllKeys();
            keys.onsuccess = () => batches.delete(keys.result[1] ?? "");
          },
          "a column that is too short": (_, batches) => {
            const [keys, all] = [batches.getAllKeys(), batches.getAll()];
            all.onsuccess = () => batches.put({ ...all.result[1], macs: new Float64Array(0) }, keys.result[1]);
          },
        };
      }),
    action,
  );
}

describe.skipIf(missing !== undefined)(
  `searches in the browser${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let browser: Browser;
    let web: WebHost;
    let context: BrowserContext;
    let page: Page;
    const errors: string[] = [];

    beforeAll(async () => {
      web = await host();
      browser = await launch();
    });
    beforeEach(async () => {
      errors.length = 0;
      await context?.close();
      context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE);
      page = await context.newPage();
      page.on("pageerror", ({ message }) => errors.push(message));
    });
    afterAll(async () => {
      await browser?.close();
      web?.close();
    });

    const countOf = async (of: Page) =>
      Number(((await of.locator(".tile dd").first().textContent()) ?? "").replaceAll(",", "").split(" ")[0]);

    async function begin(evaluations: number, address = web.address): Promise<void> {
      await page.goto(address);
      await page.getByText("More", { exact: true }).click();
      await page.getByLabel("Candidates", { exact: true }).fill(String(evaluations));
      await page.getByRole("button", { name: "Start a search" }).click();
      // A search of a dozen candidates may have ended before anybody looks.
      await page.waitForSelector(".state-running, .state-ended");
    }

    const focused = () => page.evaluate(() => document.activeElement?.textContent);

    test("the one that runs can be opened again, and buttons keep the keyboard's place", async () => {
      await begin(ENDLESS);
      await page.goto(`${web.address}#/runs`);
      await page.getByRole("button", { name: "Open Model for S0's budget, seed 0" }).click();
      await page.waitForSelector(".state-running");
      expect(await page.getByRole("alert").count()).toBe(0);
      await page.getByRole("button", { name: "Pause" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector(".state-paused");
      expect(await focused()).toBe("Go on");
      await page.getByRole("button", { name: "Stop" }).focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector(".state-stopped");
      expect(await focused()).toBe("Go on");
      expect(errors).toEqual([]);
    });

    test("one of another tab is followed, and taken over where that tab is closed", async () => {
      await begin(ENDLESS);
      const other = await context.newPage();
      await other.goto(web.address);
      await other.getByText("This search runs in another tab; it is followed here.").waitFor();
      await other.waitForSelector(".state-running");
      const seen = await countOf(other);
      await other.waitForFunction(
        (n) => Number(document.querySelector(".tile dd")?.textContent?.replaceAll(",", "").split(" ")[0]) > n,
        seen,
      );
      await page.close();
      await other.getByRole("button", { name: "Stop" }).click();
      await other.waitForSelector(".state-stopped");
      expect(await countOf(other)).toBeGreaterThan(seen);
    });

    test("a record that cannot be read hides no other one, and can be deleted", async () => {
      await begin(12);
      await page.waitForSelector(".state-ended");
      await inDatabase(page, "a record of nobody");
      await page.reload();
      await page.waitForSelector(".state-ended");
      await page.goto(`${web.address}#/runs`);
      await page.getByText('"settings.space" is not as this version of the program writes it').waitFor();
      await page.getByRole("button", { name: "Delete A search that cannot be read" }).click();
      await page.getByText("A search that cannot be read").waitFor({ state: "detached" });
      expect(errors).toEqual([]);
    });

    test.each(["a hole", "a column that is too short"])("candidates with %s are made again", async (damage) => {
      await begin(2000);
      await page.waitForFunction(
        () => Number(document.querySelector(".tile dd")?.textContent?.replaceAll(",", "").split(" ")[0]) > 30,
      );
      await page.getByRole("button", { name: "Stop" }).click();
      await page.waitForSelector(".state-stopped");
      const before = await countOf(page);
      await inDatabase(page, damage);
      await page.reload();
      await page.waitForSelector(".state-stopped");
      expect(await countOf(page)).toBeLessThan(before);
      await page.getByRole("button", { name: "Go on" }).click();
      await page.waitForSelector(".state-ended");
      expect(await countOf(page)).toBe(2000);
      await page.reload();
      await page.waitForSelector(".state-ended");
      expect(await countOf(page)).toBe(2000);
      expect(errors).toEqual([]);
    });

    test("one of another version of the program is shown, and not gone on with", async () => {
      await begin(ENDLESS);
      await page.waitForFunction(
        () => Number(document.querySelector(".tile dd")?.textContent?.replaceAll(",", "").split(" ")[0]) > 3,
      );
      await page.getByRole("button", { name: "Stop" }).click();
      await page.waitForSelector(".state-stopped");
      await inDatabase(page, "another version");
      await page.getByRole("button", { name: "Go on" }).click();
      expect(await page.getByRole("alert").textContent()).toContain("Version 0.0.0-other of the program began");
    });

    test("one that was deleted comes back, and the focus stays where it is of use", async () => {
      await begin(12);
      await page.waitForSelector(".state-ended");
      const made = await countOf(page);
      await page.goto(`${web.address}#/runs`);
      await page.getByRole("button", { name: "Delete Model for S0's budget, seed 0" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("Model for S0's budget, seed 0 is deleted.").waitFor();
      expect(await focused()).toBe("Undo");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Open Model for S0's budget, seed 0" }).click();
      await page.waitForSelector(".state-ended");
      expect(await countOf(page)).toBe(made);
    });

    test("are made on a page without a certificate too", async () => {
      const { port, pathname } = new URL(web.address);
      await begin(12, `http://studio.test:${port}${pathname}`);
      await page.waitForSelector(".state-ended");
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      expect(errors).toEqual([]);
    });
  },
);
