/** @file Text of anyone in files of results: HTML that runs nothing, charts that are XML, CSV that a spreadsheet does not run. */

import { DOMParser } from "@xmldom/xmldom";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csv } from "../../packages/cli/dist/report/csv.js";
import { element, htmlTable, page } from "../../packages/cli/dist/report/html.js";
import { plotter } from "../../packages/cli/dist/report/svg-plot.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const hostile = fc.oneof(
  fc.constantFrom(
    "</text><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "\u001b]0;owned\u0007\u202e",
    "]]>&<!--",
    "\ud800",
  ),
  fc.string({ unit: "binary" }),
);

/** Names of the tags of HTML, as they are opened. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<([a-z]+)/g)].map(([, name = ""]) => name);
}

test("HTML has the tags that the program writes, and no others", () => {
  const build = (text: string) =>
    page(text, [element("p", text), htmlTable([text, "b"], [[text, element("b", text)]])]);
  const expected = tagsOf(build("plain"));
  fc.assert(
    fc.property(hostile, (text) => {
      const html = build(text);
      expect(tagsOf(html)).toEqual(expected);
      expect(html).not.toMatch(RAW);
    }),
  );
});

test("a chart is XML, with the elements that it has anyway", async () => {
  const { plot, svg } = await plotter();
  const draw = (text: string) =>
    svg({ marks: [plot.text([{ x: 1, y: 1 }], { x: "x", y: "y", text: () => text })], x: { label: text } });
  const elements = (text: string) =>
    new DOMParser().parseFromString(text, "image/svg+xml").getElementsByTagName("*").length;
  const expected = elements(draw("plain"));
  fc.assert(
    fc.property(
      hostile.filter((text) => text.trim() !== "" && !/[\r\n]/.test(text)),
      (text) => {
        const drawn = draw(text);
        expect(elements(drawn)).toBe(expected);
        expect(drawn).not.toMatch(RAW);
      },
    ),
    { numRuns: 50 },
  );
});

test("CSV gives back what is in it, and a formula as text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.double({ noNaN: true, noDefaultInfinity: true })), {
        minLength: 1,
      }),
      (rows) => {
        const read: string[][] = parse(csv(rows));
        expect(read).toEqual(
          rows.map(([text, n]) => [
            /^[=+@\t\r]|^-.*[|!'"]/s.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text,
            String(n),
          ]),
        );
      },
    ),
  );
  expect(csv([["=cmd|'/C calc'!A0", "-2+3+cmd|'x'!A0", "@SUM(1)", "-parameters", "-1.5", -2]])).toBe(
    `'=cmd|'/C calc'!A0,'-2+3+cmd|'x'!A0,'@SUM(1),-parameters,-1.5,-2\n`,
  );
});
