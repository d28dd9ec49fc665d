/** @file A search of another process, followed in the page that `esnas studio` serves. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, type Started, start, temporaryFolder } from "../cli/esnas.js";
import { addressOf, launch, missing } from "./browser.js";

const EVALUATIONS = 400;
const ENOUGH = 20;

/** Candidates of the only run that a studio serves; 0 where there is none yet. */
async function countAt(address: string): Promise<number> {
  const { runs } = (await (await fetch(`${address}api/runs`)).json()) as {
    readonly runs: readonly { count: number }[];
  };
  return runs[0]?.count ?? 0;
}

describe.skipIf(missing !== undefined)(
  `a run that is served${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    const folder = temporaryFolder();
    const run = join(folder, "runs/live");
    let search: Started;
    let studio: Started;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      mkdirSync(join(folder, "runs"));
      studio = start(folder, "studio", join(folder, "runs"), "--port", "0");
      const address = await addressOf(studio);
      search = start(folder, "search", "--max-evaluations", String(EVALUATIONS), "--workers", "1", "--out", run);
      while ((await countAt(address)) < ENOUGH) await new Promise((done) => setTimeout(done, 50));
      // It is held where it is, and so is under way for as long as it takes to look.
      search.child.kill("SIGSTOP");
      browser = await launch();
      page = await browser.newPage();
      page.setDefaultTimeout(110_000);
      await page.goto(address);
    });

    afterAll(async () => {
      await browser?.close();
      for (const started of [search, studio]) started?.child.kill("SIGKILL");
      await Promise.all([search?.ended, studio?.ended]);
    });

    const shown = async () => Number((await page.locator(".tile dd").first().textContent())?.split(" ")[0]);

    test("is listed, and opens while it is under way", async () => {
      await page.getByRole("link", { name: "Searches" }).click();
      await page.getByRole("button", { name: "Open live" }).click();
      await page.waitForSelector(".state-running");
      expect(await page.locator("main").textContent()).toContain("what it adds to its folder appears here");
      await page.locator(".figure svg").waitFor();
      expect(await shown()).toBe(candidatesOf(run).length);
    });

    test("goes on in the page as it goes on in its process, and ends there with what it has found", async () => {
      search.child.kill("SIGCONT");
      expect((await search.ended).code).toBe(0);
      await page.waitForSelector(".state-ended");
      expect(await shown()).toBe(candidatesOf(run).length);
      expect(await page.locator("#best-title").textContent()).toBe("The network that was found");
    });

    test("offers no network as its best while its folder is still being read", async () => {
      let release = () => {};
      const held = new Promise<void>((done) => {
        release = done;
      });
      await page.route(/after=\d+&most=/, async (route) => {
        const url = route.request().url();
        if (!url.includes("after=0&")) await held;
        await route.continue({ url: url.replace(/most=\d+/, "most=100") });
      });
      await page.getByRole("link", { name: "Searches" }).click();
      await page.getByRole("button", { name: "Open live" }).click();
      await page.getByRole("heading", { name: "Still reading" }).waitFor();
      await page.waitForFunction(() => document.querySelector(".tile dd")?.textContent?.startsWith("100"));
      expect(await page.locator("[data-file]").count()).toBe(0);
      const reading = page.getByText("is still being read. Its best network is here once all of it is.");
      const best = page.getByRole("button", { name: "Best of the search" });
      await page.getByRole("link", { name: "Understand" }).click();
      await reading.waitFor();
      expect(await page.locator("#chosen-title").count()).toBe(0);
      await page.getByRole("link", { name: "Change" }).click();
      await reading.waitFor();
      expect(await best.count()).toBe(0);
      release();
      await best.waitFor();
      expect(await reading.count()).toBe(0);
      await page.getByRole("link", { name: "Design" }).click();
      await page.waitForSelector(".state-ended");
      expect(await shown()).toBe(candidatesOf(run).length);
    });

    test("may use threads, since the page is isolated from others", async () => {
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    });
  },
);
