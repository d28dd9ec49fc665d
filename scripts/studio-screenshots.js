/**
 * @file The pictures of docs/studio.md and of the README: node scripts/studio-screenshots.js, after npm run build:studio, with a
 * Chromium on the PATH or named by CHROMIUM_PATH. Runs a short search, then goes through the views.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const EVALUATIONS = process.argv[2] ?? "1500";
const PATIENCE = 600_000;

const studio = spawn(process.execPath, [here("packages/cli/bin/esnas.js"), "studio", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const address = await new Promise((told) => studio.stdout.once("data", (text) => told(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function pictures(colorScheme, suffix, names) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme });
  page.setDefaultTimeout(PATIENCE);
  const take = async (name) => {
    if (!names.includes(name)) return;
    await page.waitForTimeout(1500);
    await page.screenshot({ path: here(`docs/studio/${name}${suffix}.png`) });
  };
  await page.goto(address);
  await page.getByText("More", { exact: true }).click();
  await page.getByLabel("Candidates", { exact: true }).fill(EVALUATIONS);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Start a search" }).click();
  await page.waitForSelector("[data-file]");
  await page.waitForTimeout(5000);
  await take("design");
  await page.waitForSelector(".state-ended");
  await page.goto(`${address}#/understand`);
  await page.locator('[aria-label="Entropy by layer"] tbody tr').first().waitFor();
  await take("understand");
  await page.goto(`${address}#/change`);
  await page.getByText("Best of the search").click();
  await page.locator('[data-block="stages.2.blocks.0"]').click();
  await page.getByRole("radio", { name: "Transformer" }).check({ force: true });
  await page.locator("table.compared .better, table.compared .worse").first().waitFor();
  await take("change");
  await page.close();
}

try {
  await pictures("light", "", ["design", "understand", "change"]);
  await pictures("dark", "-dark", ["design"]);
} finally {
  await browser.close();
  studio.kill("SIGINT");
}
