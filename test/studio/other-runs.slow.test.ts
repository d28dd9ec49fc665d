/** @file Runs of the command line that are not what the page's own form begins: fronts, other tasks, other spaces, in a real browser. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, esnas, type Started, start, temporaryFolder } from "../cli/esnas.js";
import { addressOf, barriersOf, launch, missing } from "./browser.js";

const POINTS = 3;
const EVALUATIONS = 40;

/** Runs by the names of their folders. */
const asked: Readonly<Record<string, readonly string[]>> = {
  front: ["--front", "macs", "--points", String(POINTS), "--max-evaluations", String(EVALUATIONS)],
  small: ["--preset", "s0", "--resolution", "96", "--classes", "2", "--max-evaluations", "60"],
  joint: ["--algorithm", "joint", "--repeats", "2", "--max-evaluations", "20", "--max-memory", "4M"],
  nats: ["--space", "nats-topology", "--max-evaluations", "30"],
  cells: ["--space", "nasbench101", "--algorithm", "random", "--max-evaluations", "3"],
};
const names = Object.keys(asked);
/** Milliseconds for all of the searches, on a machine that has other things to do. */
const SETTING_UP = 300_000;
/** What a program writes of numbers that are none, and of what is not there. */
const NO_WORDS = /NaN|Infinity|undefined|\[object/;

describe.skipIf(missing !== undefined)(
  `runs of other settings${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    const folder = temporaryFolder();
    let studio: Started;
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    const runFolder = (name: string) => join(folder, "runs", name);
    const main = async () => (await page.locator("main").textContent()) ?? "";

    async function open(name: string): Promise<void> {
      await page.getByRole("link", { name: "Searches" }).click();
      await page.getByRole("button", { name: `Open ${name}`, exact: true }).click();
      await page.waitForSelector(".state-ended");
      await page.locator("#best-title").waitFor();
    }

    async function understand(): Promise<void> {
      await page.getByRole("link", { name: "Understand" }).click();
      await page.locator('[aria-label="Entropy by layer"] tbody tr').first().waitFor();
    }

    /** Tables that are wider than where they stand. */
    const cutTables = () =>
      page.evaluate(() =>
        [...document.querySelectorAll(".scrolls")]
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map((table) => table.getAttribute("aria-label")),
      );

    beforeAll(async () => {
      mkdirSync(join(folder, "runs"));
      const ended = Object.entries(asked).map(([name, flags]) =>
        esnas(folder, "search", ...flags, "--workers", "1", "--out", runFolder(name)),
      );
      for (const { code, stderr } of await Promise.all(ended)) expect(code, stderr).toBe(0);
      studio = start(folder, "studio", join(folder, "runs"), "--port", "0");
      // At once: what it prints before anybody listens is lost.
      const address = await addressOf(studio);
      browser = await launch();
      page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      page.setDefaultTimeout(110_000);
      page.on("pageerror", ({ message }) => errors.push(message));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await page.goto(address);
    }, SETTING_UP);

    afterAll(async () => {
      await browser?.close();
      studio?.child.kill("SIGKILL");
      await studio?.ended;
    });

    test("a front has all its candidates, and a model for each budget to choose from", async () => {
      await open("front");
      const [tile = ""] = await page.locator(".tile dd").allTextContents();
      expect(Number(tile.replaceAll(",", ""))).toBe(candidatesOf(runFolder("front")).length);
      const shows = page.locator("#front-title ~ .scrolls").getByRole("button", { name: /^Show \d$/ });
      expect(await shows.count()).toBe(POINTS);
      const titles: (string | null)[] = [];
      for (let i = 0; i < POINTS; i++) {
        const title = page.locator("#best-title");
        const before = await title.textContent();
        if ((await shows.nth(i).getAttribute("aria-pressed")) === "false") {
          await shows.nth(i).click();
          await page.waitForFunction((text) => document.querySelector("#best-title")?.textContent !== text, before);
        }
        titles.push(await title.textContent());
      }
      expect(new Set(titles).size).toBe(POINTS);
      for (const title of titles) expect(title).toMatch(/^The network that was found for at most [\d.]+ [MG] MACs$/);
    });

    test("the models of a front are named by their budgets, and each can be looked at and changed", async () => {
      await open("front");
      await understand();
      const model = page.getByRole("combobox", { name: /^Model/ });
      const titles = await model.locator("option:not([disabled])").allTextContents();
      expect(titles.map((title) => title.replace(/[\d.]+ [MG] MACs$/, "n MACs"))).toEqual(
        Array.from({ length: POINTS }, (_, i) => `Model ${i + 1} of ${POINTS}: at most n MACs`),
      );
      for (const title of titles) {
        await model.selectOption(title);
        await page.locator("#chosen-title").getByText(title, { exact: true }).waitFor();
      }
      await page.getByLabel("Candidate", { exact: true }).fill("1");
      await page.keyboard.press("Enter");
      await page.locator("#chosen-title").getByText("Candidate 1", { exact: true }).waitFor();
      await model.selectOption(titles[0] ?? "");
      await page
        .locator("#chosen-title")
        .getByText(titles[0] ?? "", { exact: true })
        .waitFor();
      await page.getByRole("link", { name: "Change" }).click();
      for (const title of titles) {
        await page.getByLabel("A model of the search").selectOption(title);
        await page.locator("#now-title").getByText(title, { exact: true }).waitFor();
      }
    });

    test("a candidate without a score says so, and is on no axis", async () => {
      await open("front");
      await understand();
      await page.getByLabel("Y axis").selectOption("entropic-score");
      await page.getByText(/of \d+ candidates: the others have no value/).waitFor();
      const sized = candidatesOf(runFolder("front")).findIndex(({ phase }) => String(phase).endsWith("size"));
      await page.getByLabel("Candidate", { exact: true }).fill(String(sized + 1));
      await page.keyboard.press("Enter");
      await page.getByRole("status").getByText("no Entropic Score").waitFor();
      expect(await main()).not.toMatch(NO_WORDS);
    });

    test("the page says where a run that has ended is from, and its form holds what it was asked for", async () => {
      await open("small");
      expect(await main()).toContain("A run of the command line, read from its folder.");
      expect(await main()).toContain("96 × 96 pixels; 2 classes");
      await page.getByText("More", { exact: true }).click();
      expect(await page.getByLabel("Image height").inputValue()).toBe("96");
      expect(await page.getByLabel("Classes", { exact: true }).inputValue()).toBe("2");
      expect(await page.getByLabel("Candidates", { exact: true }).inputValue()).toBe("60");
      expect(await page.getByText("settings that this form does not have").count()).toBe(0);
      await open("nats");
      await page.getByText("settings that this form does not have").waitFor();
    });

    test("only a preset's own search is called ESFormer", async () => {
      await open("small");
      await page.locator(".figure svg").waitFor();
      expect(await page.locator("main").textContent()).not.toContain("ESFormer");
      await page.getByRole("link", { name: "Searches" }).click();
      await page.getByText("Model for S0's budget, 96 x 96, 2 classes, seed 0").waitFor();
      expect(await page.locator("#served-title ~ ul").textContent()).not.toContain("ESFormer");
    });

    test("a score says of which images it is, in a genotype and in a file", async () => {
      await open("small");
      expect(await page.locator(".tile", { hasText: "Entropic Score" }).textContent()).toContain("at 64 × 64");
      await understand();
      expect(await page.locator(".tile", { hasText: "Entropic Score" }).textContent()).toContain("at 64 × 64");
      await page.getByRole("link", { name: "Your model" }).click();
      await page.setInputFiles("input[type=file]", join(runFolder("small"), "model.onnx"));
      await page.locator("#scores-title").waitFor();
      const scores = await page.locator("section", { has: page.locator("#scores-title") }).textContent();
      expect(scores).toContain("For an input of 1 × 3 × 96 × 96");
      expect(scores).toContain("entropic-score at 64 × 64");
    });

    test("the models of our search are not among those that people designed", async () => {
      await open("small");
      await understand();
      await page.getByLabel("Known models").check();
      const legend = await page
        .locator("#scatter-title")
        .locator("xpath=ancestor::section")
        .locator(".legend")
        .textContent();
      expect(legend).toContain("ESFormer, which our search found");
      expect(legend).toContain("a hand-designed model");
    });

    test.each(names)(
      "%s has nothing on the page that is no word or number, nor a barrier, nor a table that is cut",
      async (name) => {
        await page.setViewportSize({ width: 1280, height: 900 });
        await open(name);
        for (const view of ["design", "understand"] as const) {
          if (view === "understand") await understand();
          await page.locator("summary").evaluateAll((all) => {
            for (const summary of all) summary.parentElement?.setAttribute("open", "");
          });
          expect(await main()).not.toMatch(NO_WORDS);
          const labels = await page
            .locator("[aria-label], [aria-valuetext]")
            .evaluateAll((all) =>
              all.map((each) => `${each.getAttribute("aria-label")} ${each.getAttribute("aria-valuetext")}`),
            );
          expect(labels.join("\n")).not.toMatch(NO_WORDS);
          expect(await cutTables()).toEqual([]);
          expect(await barriersOf(page)).toEqual([]);
        }
      },
    );

    test.each([
      ["light", 1120],
      ["light", 1024],
      ["dark", 390],
    ] as const)("a front has no barrier and no overflow in %s at %i pixels", async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const view of ["design", "understand"] as const) {
        await open("front");
        if (view === "understand") await understand();
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect({ view, overflow }).toEqual({ view, overflow: 0 });
        if (width >= 1024) expect(await cutTables()).toEqual([]);
        expect(await barriersOf(page)).toEqual([]);
      }
    });

    test("told of no error", () => {
      expect(errors).toEqual([]);
    });
  },
);
