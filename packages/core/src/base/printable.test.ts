import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneLine, printable, printableLines } from "./printable.js";

/** Text of the characters that do harm, among others. */
const hostileText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\u001b",
      "\u0007",
      "\n",
      "\r",
      "\t",
      "\u007f",
      "\u0085",
      "\u009b",
      "\u00ad",
      "\u2028",
      "\u202e",
      "\u2066",
    ),
    fc.constantFrom("\ufeff", "\ud800", "\udc00", "\u{e0041}", '"', "\\", "é", "網", "🙂"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 2 }),
  ),
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const RAW = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe("text of unknown origin", () => {
  test("holds nothing that a terminal obeys or that changes its direction", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(printable(text)).not.toMatch(RAW);
        expect(oneLine(text)).not.toMatch(RAW);
        expect(printableLines(text).replaceAll("\n", "")).not.toMatch(RAW);
        expect(() => encodeURIComponent(printable(text))).not.toThrow();
      }),
    );
  });

  test("is the same when nothing in it does harm", () => {
    for (const text of ["", "conv1.weight", "ü 網 🙂 𝛼 - é", "/path with spaces/b\\c"]) {
      expect(printable(text)).toBe(text);
      expect(oneLine(text)).toBe(text);
    }
  });

  test("leaves JSON text equal JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        for (const indent of [undefined, 2]) {
          const text = printableLines(JSON.stringify(value, undefined, indent));
          expect(JSON.parse(text)).toEqual(value);
          expect(text.replaceAll("\n", "")).not.toMatch(RAW);
        }
      }),
    );
  });

  test("shows which character was there", () => {
    expect(printable("a\u001b[31mb\nc\u202e\u{e0041}")).toBe("a\\u001b[31mb\\u000ac\\u202e\\udb40\\udc41");
    expect(printableLines("a\nb\rc")).toBe("a\nb\\u000dc");
    expect(oneLine(" a\r\n\tb\u0007 ")).toBe("a b\\u0007");
  });
});
