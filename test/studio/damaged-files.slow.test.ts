/** @file Damaged ONNX files in the page: each is read or refused in words, and the page is as it was. */

import {
  graphOf,
  hybridSpace,
  onnxModel,
  type Random,
  randomWeights,
  sampleWithin,
  seededRandom,
} from "@esnas/core/internal";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorsOf, host, launch, missing, type WebHost } from "./browser.js";

const PATIENCE = 110_000;
/** Words of a programmer's error, which are none for a reader. */
const INNER = /TypeError|RangeError|undefined|is not a function|memory access|unreachable/;
/** Files with flipped bits, overwritten or missing bytes; the importer itself is given hundreds in its own test. */
const DAMAGED = 40;

/** A file that is cut short, or some of whose bits or bytes are others, as the importer's own test makes them. */
function damaged(bytes: Uint8Array, random: Random): Buffer {
  const buffer = Buffer.from(bytes);
  const way = random.below(4);
  if (way === 0) return buffer.subarray(0, random.below(buffer.length));
  // The graph stands before the weights: what is changed there is more than another number.
  const length = way === 1 ? buffer.length : Math.min(buffer.length, 4000);
  for (let changes = 0; changes < 1 + random.below(3); changes++) {
    const at = random.below(length);
    buffer[at] = way === 3 ? random.below(256) : (buffer[at] ?? 0) ^ (1 << random.below(8));
  }
  return buffer;
}

describe.skipIf(missing !== undefined)(
  `the studio in Chromium${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let browser: Browser;
    let page: Page;
    let web: WebHost;
    let errors: readonly string[];

    beforeAll(async () => {
      web = await host();
      browser = await launch();
      page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      errors = errorsOf(page);
      await page.goto(`${web.address}#/bring`);
    });

    afterAll(async () => {
      await browser?.close();
      web?.close();
    });

    test("reads a damaged file, or says what is wrong with it, and is as it was", async () => {
      const space = hybridSpace({ input: [3, 32, 32], classes: 10 });
      const graph = graphOf(space.build(sampleWithin(space, { parameters: { max: 400_000 } }, seededRandom(1))));
      const bytes = onnxModel(graph, randomWeights(0), { genotype: {}, version: "0" });
      const random = seededRandom(2);
      const outcomes = { read: 0, refused: 0 };
      for (let i = 0; i < DAMAGED; i++) {
        const name = `damaged-${i}.onnx`;
        await page.setInputFiles("input[type=file]", { name, mimeType: "", buffer: damaged(bytes, random) });
        const outcome = await page.waitForFunction((text) => {
          if (document.querySelector('[role="alert"]') !== null) return "refused";
          return document.querySelector("#file-title")?.textContent === text ? "read" : undefined;
        }, name);
        outcomes[(await outcome.jsonValue()) as keyof typeof outcomes]++;
        const [words] = await page.getByRole("alert").allTextContents();
        expect(words ?? "").not.toMatch(INNER);
        expect(words).not.toBe("Stopped.");
      }
      // Of as many both come about, or the files are not those that are meant.
      expect(outcomes.read).toBeGreaterThan(0);
      expect(outcomes.refused).toBeGreaterThan(0);
      await page.setInputFiles("input[type=file]", { name: "whole.onnx", mimeType: "", buffer: Buffer.from(bytes) });
      await page.waitForSelector("#file-title:has-text('whole.onnx')");
      expect(errors).toEqual([]);
    });
  },
);
