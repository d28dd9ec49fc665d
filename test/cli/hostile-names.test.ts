/** @file Names in files that hold commands for terminals: what is printed obeys none of them, and JSON says exactly what is there. */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { textTable } from "../../packages/cli/dist/report/table.js";
import { esnas, REPOSITORY, temporaryFolder } from "./esnas.js";

const FIXTURES = resolve(import.meta.dirname, "../fixtures/hostile");

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const hostile = fc.string({
  unit: fc.oneof(fc.constantFrom("\u001b[2J", "\u0007", "\n", "\r", "\u009b", "\u202e"), fc.string()),
});

test("a table has a line a row, and no control character, whatever is in its cells", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, hostile), { minLength: 1, maxLength: 5 }), hostile, (rows, head) => {
      const table = textTable([head, "b"], rows, Number.POSITIVE_INFINITY);
      expect(table).not.toMatch(RAW);
      expect(table.split("\n")).toHaveLength(rows.length + 1);
      expect(textTable([head, "b"], rows, 1)).not.toMatch(RAW);
    }),
  );
});

test.each([
  ["escape-names", ["describe"]],
  ["escape-names", ["score", "--metrics", "entropic-score,naswot", "--json"]],
  ["newline-names", ["describe"]],
  ["escape-in-producer", ["describe"]],
  ["escape-in-error", ["describe"]],
])("%s.onnx is printed without control characters by %j", async (name, args) => {
  const { code, stdout, stderr } = await esnas(temporaryFolder(), ...args, join(FIXTURES, `${name}.onnx`));
  expect(code).toBe(name === "escape-in-error" ? 2 : 0);
  expect(stdout).not.toMatch(RAW);
  expect(stderr).not.toMatch(RAW);
  if (args.includes("--json")) expect(JSON.parse(stdout)).toMatchObject({ outputs: [expect.any(Array)] });
  if (code !== 0) expect(stderr).toMatch(/^esnas: [^\n]+\n$/);
});

test("JSON names what a table shows escaped", async () => {
  const { stdout } = await esnas(temporaryFolder(), "describe", "--json", join(FIXTURES, "escape-in-names.onnx"));
  const { layers } = JSON.parse(stdout) as { layers: readonly { name: string }[] };
  expect(layers.map(({ name }) => name)).toEqual(["\u001b]0;TITLE\u0007\u001b[31mred\u001b[2J", "line\nbreak"]);
});

test("nothing but report/print.ts writes to the standard streams", () => {
  const source = join(REPOSITORY, "packages/cli/src");
  const writers = (readdirSync(source, { recursive: true }) as string[]).filter(
    (path) =>
      path.endsWith(".ts") && /process\.std(out|err)\.write|console\./.test(readFileSync(join(source, path), "utf8")),
  );
  expect(writers).toEqual([join("report", "print.ts")]);
});
