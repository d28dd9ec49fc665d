/**
 * @file What docs/studio.md says of the page's speed: node scripts/studio-measure.js, after npm run build:studio, with a Chromium on
 * the PATH or named by CHROMIUM_PATH. Prints a table; takes a few minutes. Two searches run whole: S0 as it is preset, whose files
 * are held against those of the command line, and one of 20,000 candidates, whose charts are looked at while it runs.
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import Database from "libsql";
import * as native from "onnxruntime-node";
import { chromium } from "playwright-core";

const ESNAS = fileURLToPath(new URL("../packages/cli/bin/esnas.js", import.meta.url));
const PATIENCE = 1_200_000;
const FIRST_VIEWS = 5;
const MANY = 20_000;

const rows = [];
const note = (what, measured, goal = "") => {
  rows.push({ what, measured, goal });
  console.error(`${what}: ${measured}`);
};
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Milliseconds of a task of the page's own thread after which a click waits too long. */
const LONG = 50;

/** What versions of Chromium call a task in a trace. */
const TASK = /^(ThreadControllerImpl::)?RunTask$/;

/**
 * The tasks of the page's own thread while something is done, from the browser's trace: by the clock, and by the processor, which
 * says what they take where nothing else runs.
 */
async function tasksWhile(browser, page, action) {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  await action();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const key = ({ pid, tid }) => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(key),
  );
  const tasks = traceEvents.filter((event) => TASK.test(event.name) && mains.has(key(event)));
  if (tasks.length === 0) throw new Error("the trace has no tasks: this browser calls them otherwise");
  const longest = (of) => Math.max(0, ...of) / 1000;
  const [clock, processor] = [tasks.map(({ dur = 0 }) => dur), tasks.map(({ tdur = 0 }) => tdur)];
  const long = (of) => of.filter((time) => time > LONG * 1000).length;
  return `${long(clock)}, longest ${longest(clock).toFixed(0)} ms; by processor time ${long(processor)}, longest ${longest(processor).toFixed(0)} ms`;
}

async function firstView(browser, address) {
  const [shown, painted] = [[], []];
  let scripts = 0;
  for (let i = 0; i < FIRST_VIEWS; i++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const bodies = [];
    page.on("response", (response) => {
      if (response.request().resourceType() === "script") bodies.push(response.body());
    });
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector("#welcome-title") === null) return;
        requestAnimationFrame(() => {
          globalThis.shownAt = performance.now();
        });
        observer.disconnect();
      }).observe(document, { childList: true, subtree: true });
    });
    await page.goto(address);
    await page.waitForFunction(
      () => globalThis.shownAt !== undefined && performance.getEntriesByType("paint").length > 0,
    );
    shown.push(await page.evaluate(() => globalThis.shownAt));
    painted.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime));
    scripts = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
    await context.close();
  }
  note("first view is drawn, median of 5 cold loads", `${Math.round(median(shown))} ms`, "1000 ms");
  note("first contentful paint", `${Math.round(median(painted))} ms`);
  note("JavaScript of the first view, gzip", `${Math.round(scripts / 1000)} kB`, "200 kB");
}

async function begin(page, address, evaluations) {
  await page.goto(address);
  await page.reload();
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Candidates", { exact: true }).fill(String(evaluations));
  await page.getByRole("button", { name: "Start a search" }).click();
  await page.waitForSelector(".state-running");
}

async function taken(page, kind) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-file="${kind}"]`)]);
  return readFileSync(await download.path());
}

const rateOf = (candidates, phase) => {
  const times = candidates.filter((row) => row.phase === phase).map(({ milliseconds }) => Number(milliseconds));
  return Math.round((1000 * times.length) / times.reduce((sum, ms) => sum + ms, 0));
};

async function wholeSearch(browser, page, address, folder) {
  await begin(page, address, 18_000);
  const begun = performance.now();
  const tasks = await tasksWhile(browser, page, () => page.waitForSelector(".state-ended"));
  const seconds = (performance.now() - begun) / 1000;
  note("main-thread tasks over 50 ms while S0 is searched", tasks, "none");
  note("S0, 18,000 candidates, in the page", `${seconds.toFixed(0)} s`);
  const candidates = parse(await taken(page, "csv"), { columns: true });
  note("topology candidates (ES), one worker, one thread", `${rateOf(candidates, "topology")} a second`, "30 a second");
  note("size candidates (LogSynflow), the same worker", `${rateOf(candidates, "size")} a second`);

  const run = join(folder, "run");
  const { status } = spawnSync(process.execPath, [ESNAS, "search", "--preset", "s0", "--workers", "1", "--out", run]);
  if (status !== 0) throw new Error(`esnas search ended with ${status}`);
  noteNative(join(run, "study.sqlite"));
  await sameFiles(page, run, candidates);
}

/** The rates of the command line's worker, which beside scoring pays for messages between processes. */
function noteNative(file) {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare("SELECT phase, milliseconds FROM candidates JOIN timings USING (id)").all();
  db.close();
  for (const phase of ["topology", "size"])
    note(`${phase} candidates, esnas search --workers 1`, `${rateOf(rows, phase)} a second`);
}

async function sameFiles(page, run, candidates) {
  const names = { onnx: "model.onnx", json: "architecture.json", svg: "figure.svg" };
  for (const [kind, name] of Object.entries(names)) {
    const isSame = (await taken(page, kind)).equals(readFileSync(join(run, name)));
    note(`${name} of the page and of the command line`, isSame ? "the same bytes" : "differ", "the same bytes");
  }
  const session = await native.InferenceSession.create(await taken(page, "onnx"));
  const input = new native.Tensor("float32", new Float32Array(3 * 256 * 256).fill(0.5), [1, 3, 256, 256]);
  const [logits] = Object.values(await session.run({ input }));
  await session.release();
  note("the page's ONNX file in ONNX Runtime", `logits of ${logits.dims.join(" × ")}`);
  for (const kind of ["pytorch", "safetensors", "png"])
    note(`${kind} file`, `${(await taken(page, kind)).length} bytes`);
  note("candidates in the page's table", String(candidates.length));
}

async function manyCandidates(browser, page, address) {
  await begin(page, address, MANY);
  await page.goto(`${address}#/understand`);
  await page.waitForSelector("#scatter-title");
  const isWhole = (n) => document.querySelector(".chart")?.getAttribute("aria-label")?.startsWith(`${n} `);
  const running = await tasksWhile(browser, page, () => page.waitForFunction(isWhole, MANY));
  note("main-thread tasks over 50 ms with the charts open while it runs", running, "none");
  await page.waitForTimeout(3000);
  const chosen = await tasksWhile(browser, page, () => chooseAll(page));
  note(`${MANY.toLocaleString("en-US")} candidates: the same while axes and candidates are chosen`, chosen, "none");
}

async function chooseAll(page) {
  const [across, up] = ["X axis", "Y axis"].map((name) => page.locator("label", { hasText: new RegExp(`^${name}`) }));
  for (const axis of ["macs", "order", "parameters"]) {
    await across.locator("select").selectOption(axis);
    await page.waitForTimeout(400);
    for (const score of ["entropic-score", "logsynflow"]) {
      await up.locator("select").selectOption(score);
      await page.waitForTimeout(400);
    }
  }
  const chart = page.locator(".chart").first();
  const { width, height } = await chart.boundingBox();
  for (let i = 1; i < 6; i++) {
    await chart.click({ position: { x: (width * i) / 7 + 60, y: height / 3 } });
    await page.waitForTimeout(400);
  }
  await chart.focus();
  for (const key of ["Home", "ArrowRight", "ArrowRight", "ArrowUp", "End", "ArrowLeft"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
  }
}

const folder = mkdtempSync(join(tmpdir(), "esnas-studio-"));
const studio = spawn(process.execPath, [ESNAS, "studio", folder, "--port", "0"], {
  stdio: ["ignore", "pipe", "ignore"],
});
const address = await new Promise((heard) => studio.stdout.once("data", (text) => heard(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await firstView(browser, address);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
  page.setDefaultTimeout(PATIENCE);
  await wholeSearch(browser, page, address, folder);
  await manyCandidates(browser, page, address);
} finally {
  await browser.close();
  studio.kill("SIGINT");
  rmSync(folder, { recursive: true });
}
console.table(rows);
