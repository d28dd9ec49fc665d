/** @file The studio in a real browser: a search to its end, through a reload; its files; changes by hand; files of others; offline. */

import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkedLatency,
  costsOfBlock,
  fitLatency,
  hybridSpace,
  type LatencyProfile,
  sample,
  seededRandom,
} from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import * as ort from "onnxruntime-node";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { candidatesOf, esnas, temporaryFolder } from "../cli/esnas.js";
import { barriersOf, errorsOf, host, launch, missing, type WebHost } from "./browser.js";

const EVALUATIONS = 60;
const PATIENCE = 110_000;
/** Of a search that somebody stops: on no machine does it end before that. */
const ENDLESS = "100000";
/** Where the page keeps how many candidates it showed when it was loaded again, and first after that. */
const SEEN = "seen";
/** Of a machine that takes a millisecond for ten million multiply-accumulates. */
function profile(): LatencyProfile {
  const space = hybridSpace();
  const random = seededRandom(0);
  const networks = Array.from({ length: 60 }, () => {
    const architecture = space.build(sample(space, random));
    const blockMilliseconds = architecture.blocks.map((block) => 0.01 + costsOfBlock(block).macs / 1e7);
    return { architecture, blockMilliseconds, milliseconds: blockMilliseconds.reduce((sum, ms) => sum + ms, 0) };
  });
  return {
    format: "esnas-latency-profile",
    version: 1,
    machine: { cpu: "made up", cores: 1, system: "none", runtime: "none" },
    threads: 1,
    batch: 1,
    measured: { networks: networks.length, runs: 1, seed: 0 },
    ...fitLatency(networks),
    check: checkedLatency(networks),
  };
}

describe.skipIf(missing !== undefined)(
  `the studio in Chromium${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let web: WebHost;
    const folder = temporaryFolder();
    const run = join(folder, "run");
    let errors: readonly string[];

    const open = (view: string) => page.goto(`${web.address}#/${view}`);
    const count = async () =>
      Number(((await page.locator(".tile dd").first().textContent()) ?? "").replaceAll(",", "").split(" ")[0]);

    /** The count when nothing has come for a while: what a worker was at when it was told to pause still comes. */
    const settled = async (): Promise<number> => {
      for (let last = await count(); ; last = await count()) {
        await page.waitForTimeout(1500);
        if ((await count()) === last) return last;
      }
    };

    beforeAll(async () => {
      expect((await esnas(folder, "search", "--max-evaluations", String(EVALUATIONS), "--out", run)).code).toBe(0);
      const files = ["--pytorch", join(run, "model.py"), "--safetensors", join(run, "model.safetensors")];
      expect((await esnas(folder, "export", run, ...files)).code).toBe(0);
      web = await host();
      browser = await launch();
      context = await browser.newContext({ acceptDownloads: true });
      page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      errors = errorsOf(page);
    });

    afterAll(async () => {
      await browser?.close();
      web?.close();
    });

    /** Saves what a button gives. */
    async function taken(kind: string): Promise<Buffer> {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-file="${kind}"]`)]);
      return readFileSync(await download.path());
    }

    /**
     * Loads the page again as soon as it shows some candidates, and keeps how many it showed then, and how many it shows first after that.
     * Both are done in the page: on a busy machine the search would have ended before this process looks.
     */
    async function reloadedUnderWay(): Promise<void> {
      await page.addInitScript((key) => {
        const before = sessionStorage.getItem(key);
        if (before === null || before.includes(" ")) return;
        const look = () => {
          const shown = document.querySelector(".tile dd")?.textContent?.split(" ")[0];
          if (shown === undefined) requestAnimationFrame(look);
          else sessionStorage.setItem(key, `${before} ${shown}`);
        };
        requestAnimationFrame(look);
      }, SEEN);
      const loaded = page.waitForEvent("load");
      await page.evaluate((key) => {
        const look = () => {
          const shown = document.querySelector(".tile dd")?.textContent?.split(" ")[0] ?? "";
          if (Number(shown) <= 8) requestAnimationFrame(look);
          else {
            sessionStorage.setItem(key, shown);
            location.reload();
          }
        };
        requestAnimationFrame(look);
      }, SEEN);
      await loaded;
    }

    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

    test("says what to do, and fetches no WebAssembly, before a search", async () => {
      const fetched: string[] = [];
      page.on("request", (request) => fetched.push(request.url()));
      await open("design");
      await page.waitForSelector("text=Design a network for your budget");
      await page.waitForLoadState("networkidle");
      expect(fetched.filter((url) => url.endsWith(".wasm"))).toEqual([]);
      expect(await barriersOf(page)).toEqual([]);
    });

    test("refuses what no network can keep, in words", async () => {
      await page.getByLabel("Parameters at most", { exact: true }).fill("1k");
      await page.keyboard.press("Enter");
      expect(await page.getByRole("alert").textContent()).toMatch(
        /no model of the space "hybrid" has at most 1,000 parameters/,
      );
      await page.getByText("S0", { exact: true }).click();
    });

    test("keeps what was typed and is no amount, says so, and starts nothing", async () => {
      const field = page.getByLabel("Parameters at most", { exact: true });
      const message = async () => (await field.getAttribute("aria-describedby")) ?? "";
      for (const text of ["abc", "250kb", "250 k params", "1,5 M", "", "-3"]) {
        await field.fill(text);
        await page.keyboard.press("Enter");
        await field.blur();
        await page.getByRole("button", { name: "Start a search" }).click();
        expect(await field.inputValue()).toBe(text);
        expect(await field.getAttribute("aria-invalid")).toBe("true");
        expect(await page.locator(`[id="${await message()}"]`).textContent()).toContain(`"${text}" is no amount`);
        expect(await field.evaluate((input: HTMLInputElement) => input.checkValidity())).toBe(false);
      }
      expect(await barriersOf(page)).toEqual([]);
      await page.getByText("S0", { exact: true }).click();
      expect(await field.inputValue()).toBe("1.33 M");
      const seed = page.getByLabel("Seed", { exact: true });
      await seed.fill("");
      await page.keyboard.press("Enter");
      expect(await seed.inputValue()).toBe("");
      await seed.fill("0");
      await page.getByText("More", { exact: true }).click();
      await page.getByLabel("Classes", { exact: true }).fill("0");
      await page.getByText("More", { exact: true }).click();
      await page.getByRole("button", { name: "Start a search" }).click();
      await page.waitForFunction(() => document.activeElement?.closest("details")?.open);
      await page.getByLabel("Classes", { exact: true }).fill("1000");
      await page.getByText("More", { exact: true }).click();
      expect(await page.locator(".state").count()).toBe(0);
    });

    test("is begun by keyboard alone, goes on after a reload, and ends with what the command line finds", async () => {
      await page.getByText("More", { exact: true }).focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Control+A");
      await page.keyboard.type(String(EVALUATIONS));
      await page.keyboard.press("Enter");
      await reloadedUnderWay();
      await page.waitForSelector(".state-ended");
      expect(await count()).toBe(EVALUATIONS);
      // Nothing was pressed after the page was loaded again; it was under way before, and what it had was kept.
      const seen = await page.evaluate((key) => sessionStorage.getItem(key), SEEN);
      const [before, first] = (seen ?? "").split(" ").map(Number);
      expect(before).toBeLessThan(EVALUATIONS);
      expect(first).toBeGreaterThan(8);
      await page.waitForSelector('[data-file="onnx"]');
    });

    test("makes the same candidates where workers share them", async () => {
      const other = await browser.newContext({ acceptDownloads: true });
      const shared = await other.newPage();
      shared.setDefaultTimeout(PATIENCE);
      await shared.addInitScript(() => Object.defineProperty(navigator, "hardwareConcurrency", { value: 8 }));
      await shared.goto(web.address);
      await shared.getByText("More", { exact: true }).click();
      await shared.getByLabel("Candidates", { exact: true }).fill("200");
      await shared.getByRole("button", { name: "Start a search" }).click();
      await shared.waitForSelector(".state-ended");
      const [download] = await Promise.all([shared.waitForEvent("download"), shared.click('[data-file="csv"]')]);
      const rows: Record<string, string>[] = parse(readFileSync(await download.path()), { columns: true });
      const alone = join(folder, "alone");
      expect((await esnas(folder, "search", "--max-evaluations", "200", "--out", alone)).code).toBe(0);
      expect(rows.map(({ genotype }) => genotype)).toEqual(candidatesOf(alone).map(({ genotype }) => genotype));
      await other.close();
    });

    test("pauses, takes one step, and goes on", async () => {
      await page.getByLabel("Seed", { exact: true }).fill("1");
      await page.getByText("More", { exact: true }).click();
      await page.getByLabel("Candidates", { exact: true }).fill(ENDLESS);
      await page.getByText("Start a search").click();
      await page.waitForSelector(".state-running");
      await page.getByRole("button", { name: "Pause" }).click();
      await page.waitForSelector(".state-paused");
      const before = await settled();
      await page.getByRole("button", { name: "Step" }).click();
      await page.waitForFunction(
        (n) => Number(document.querySelector(".tile dd")?.textContent?.replaceAll(",", "").split(" ")[0]) > n,
        before,
      );
      expect(await count()).toBe(before + 1);
      await page.getByRole("button", { name: "Stop" }).click();
      await page.waitForSelector(".state-stopped");
    });

    test("keeps searches, and opens and deletes them", async () => {
      await open("runs");
      await page.getByRole("button", { name: "Delete Model for S0's budget, seed 1" }).click();
      await page.getByRole("button", { name: "Delete Model for S0's budget, seed 1" }).waitFor({ state: "detached" });
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole("button", { name: "Open Model for S0's budget, seed 0" }).click();
      await page.waitForSelector(".state-ended");
    });

    test.each([
      ["onnx", "model.onnx"],
      ["json", "architecture.json"],
      ["svg", "figure.svg"],
      ["pytorch", "model.py"],
      ["safetensors", "model.safetensors"],
    ])("gives the very file that the command line writes: %s", async (kind, name) => {
      expect((await taken(kind)).equals(readFileSync(join(run, name)))).toBe(true);
    });

    test("gives an ONNX file that ONNX Runtime runs", async () => {
      const session = await ort.InferenceSession.create(await taken("onnx"));
      const input = new ort.Tensor("float32", new Float32Array(3 * 256 * 256).fill(0.5), [1, 3, 256, 256]);
      const [logits] = Object.values(await session.run({ input }));
      await session.release();
      expect(logits?.dims).toEqual([1, 1000]);
      expect(Array.from((logits?.data ?? []) as Float32Array).every(Number.isFinite)).toBe(true);
    });

    test("gives the drawing as pixels", async () => {
      expect((await taken("png")).subarray(1, 4).toString()).toBe("PNG");
    });

    test("gives the candidates that the command line's study has, in order", async () => {
      const rows: Record<string, string>[] = parse(await taken("csv"), { columns: true });
      const study = candidatesOf(run);
      expect(rows.map(({ genotype }) => genotype)).toEqual(study.map(({ genotype }) => genotype));
      const scoresOf = (row: Record<string, string>) =>
        Object.fromEntries(
          ["entropic-score", "logsynflow(normalisation=divide)"].flatMap((id) =>
            row[id] === "" ? [] : [[id, Number(row[id])]],
          ),
        );
      expect(rows.map(scoresOf)).toEqual(study.map(({ scores }) => JSON.parse(String(scores))));
    });

    test("shows every candidate, and what made the scores of the one that is chosen", async () => {
      await open("understand");
      await page.getByText("The front as a list").click();
      await page
        .getByRole("button", { name: /^Show \d+$/ })
        .first()
        .click();
      await page.locator('[aria-label="Entropy by layer"] tbody tr').first().waitFor();
      expect(await page.locator("#chosen-title").textContent()).toMatch(/^Candidate \d+$/);
      expect(await barriersOf(page)).toEqual([]);
    });

    test("chooses candidates in the chart by arrow keys, and says which", async () => {
      await page.getByRole("application").focus();
      await page.keyboard.press("Home");
      await page.getByRole("status").getByText("; on the front").waitFor();
      await page.keyboard.press("ArrowUp");
      const next = await page.locator("#chosen-title").textContent();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowRight");
      await page.getByRole("status").getByText("; on the front").waitFor();
      expect(await page.locator("#chosen-title").textContent()).not.toBe(next);
      expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("application");
      expect(await barriersOf(page)).toEqual([]);
    });

    test("changes a block by keyboard, follows with costs and scores, and undoes it", async () => {
      await page.getByRole("button", { name: "Change it" }).click();
      const block = page.locator('[data-block="stages.0.blocks.0"]');
      const kind = async () => block.getAttribute("data-kind");
      const before = await kind();
      await block.focus();
      await page.keyboard.press("Enter");
      await page.locator("#block-title", { hasText: "stages.0.blocks.0" }).waitFor();
      await page
        .getByRole("radio", { name: before === "ibn" ? "ConvNeXt" : "IBN" })
        .first()
        .focus();
      await page.keyboard.press("Space");
      await page.waitForSelector(`[data-block="stages.0.blocks.0"]:not([data-kind="${before}"])`);
      await page.locator("table.compared .better, table.compared .worse").first().waitFor();
      expect(await barriersOf(page)).toEqual([]);
      await page.keyboard.press("Control+Z");
      await page.waitForSelector(`[data-block="stages.0.blocks.0"][data-kind="${before}"]`);
    });

    test("compares with another network of the family, in numbers and stage by stage", async () => {
      await page.getByLabel("Compare with").selectOption({ label: "ESFormer-S1" });
      await page.locator("#compare-title", { hasText: "Compared with ESFormer-S1" }).waitFor();
      await page.locator('[aria-label="Both networks stage by stage"] .was').first().waitFor();
      await page.locator('#before-title:has-text("ESFormer-S1") ~ .figure svg').waitFor();
      expect(await barriersOf(page)).toEqual([]);
    });

    test("carries a network in a link, and says what is wrong with one that carries none", async () => {
      await page.getByRole("button", { name: "Copy a link to it" }).click();
      await page.waitForFunction(() => location.hash.includes("?g="));
      const address = page.url();
      const other = await context.newPage();
      await other.goto(address);
      await other.waitForSelector("text=Network of a link", { timeout: PATIENCE });
      await other.goto(`${web.address}#/change?g=nonsense`);
      await other.waitForSelector("text=The link carries no network", { timeout: PATIENCE });
      await other.close();
    });

    test.each([
      ["nothing", Buffer.alloc(0)],
      ["text", Buffer.from("no protocol buffer")],
      ["half a model", undefined],
    ])("refuses a file of %s in words, and takes the next one", async (_, bytes) => {
      await open("bring");
      const model = readFileSync(join(run, "model.onnx"));
      const buffer = bytes ?? model.subarray(0, model.length / 2);
      await page.setInputFiles("input[type=file]", { name: "bad.onnx", mimeType: "", buffer });
      expect(await page.getByRole("alert").textContent()).toMatch(/ONNX|protocol buffer/);
    });

    test("describes, scores and measures a file", async () => {
      await open("bring");
      await page.setInputFiles("input[type=file]", join(run, "model.onnx"));
      await page.waitForSelector("#file-title:has-text('model.onnx')");
      await page.waitForFunction(() => document.querySelector(".status-line")?.textContent === "");
      expect(await page.locator("table").last().textContent()).toMatch(/logsynflow\s*\d\.\d{4} M/);
      await page.click('[data-measure="wasm"]');
      await page.waitForSelector("caption:has-text('Milliseconds of one image')", { state: "attached" });
      expect(await barriersOf(page)).toEqual([]);
    });

    test("takes a file wherever it is dropped, and one of its own", async () => {
      await open("bring");
      const dropped = await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["no protocol buffer"], "dropped.onnx"));
        return transfer;
      });
      await page.dispatchEvent("nav", "drop", { dataTransfer: dropped });
      await page.getByRole("alert").getByText("not an ONNX file").waitFor();
      await page.getByRole("button", { name: "Try it with ESFormer-S0" }).click();
      await page.waitForSelector("#file-title:has-text('esformer-s0.onnx')");
    });

    test("refuses a file that is too large before it reads it", async () => {
      const large = join(folder, "large.onnx");
      writeFileSync(large, "");
      truncateSync(large, 200 * 2 ** 20 + 1);
      await page.setInputFiles("input[type=file]", large);
      expect(await page.getByRole("alert").textContent()).toContain("more than 200 MiB");
    });

    test("keeps a bound on latency that a profile predicts, and draws candidates by it", async () => {
      await open("design");
      const buffer = Buffer.from(JSON.stringify(profile()));
      await page.getByLabel("Latency profile").setInputFiles({ name: "profile.json", mimeType: "", buffer });
      await page.getByLabel("Bound the latency").check();
      await page.getByLabel("Latency at most", { exact: true }).fill("20");
      await page.getByText("More", { exact: true }).click();
      await page.getByLabel("Candidates", { exact: true }).fill("12");
      expect(await barriersOf(page)).toEqual([]);
      await page.getByRole("button", { name: "Start a search" }).click();
      await page.waitForSelector(".state-ended");
      const told = await page.locator(".tile", { hasText: "Latency, predicted" }).locator("dd").textContent();
      expect(Number.parseFloat(told ?? "")).toBeLessThanOrEqual(20);
      await open("understand");
      await page.getByLabel("X axis").selectOption("latency");
      await page.waitForFunction(() =>
        /^[1-9]\d* candidates by Latency, predicted/.test(
          document.querySelector(".chart")?.getAttribute("aria-label") ?? "",
        ),
      );
    });

    test.each([
      ["light", 390],
      ["dark", 390],
      ["dark", 1440],
      ["light", 2560],
    ] as const)("has no barrier and no overflow in %s at %i pixels", async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const view of ["design", "understand", "change", "bring", "runs"]) {
        await open(view);
        await page.locator("main h2").first().waitFor();
        expect({ view, overflow: await overflow() }).toEqual({ view, overflow: 0 });
        expect({ view, barriers: await barriersOf(page) }).toEqual({ view, barriers: [] });
      }
    });

    test("works offline after the first load", async () => {
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready;
      });
      await context.setOffline(true);
      await open("design");
      await page.reload();
      await page.waitForSelector(".state-ended");
      await open("understand");
      await page.waitForSelector("#scatter-title");
      await context.setOffline(false);
    });

    test("told of no error", () => {
      expect(errors).toEqual([]);
    });
  },
);
