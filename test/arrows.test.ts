/**
 * @file Arrows of import point one way inside core and inside the command line, folder by folder, those of types too. The order of
 * folders is here: a folder imports from itself and from those before it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Folders of `src`, and the files beside them, from the floor up. */
const orders = {
  core: [
    "base",
    "graph",
    "gradient",
    "blocks",
    "architecture",
    "runtime",
    "onnx",
    "spaces",
    "metrics",
    "scoring",
    "training",
    "objective",
    "statistics",
    "latency",
    "budget",
    "benchmark",
    "search",
    "models",
    "analysis",
    "report",
    "library",
    "testing",
    "plugin.ts",
    "index.ts",
    "internal.ts",
  ],
  cli: [
    "version.ts",
    "process",
    "runtime",
    "report",
    "files",
    "plugins",
    "flags",
    "scoring",
    "queue",
    "study",
    "run",
    "benchmark",
    "latency",
    "analysis",
    "sweep",
    "studio",
    "commands",
    "main.ts",
  ],
} as const;

/** Texts by their paths within `src`, with slashes. */
type Sources = ReadonlyMap<string, string>;

function sourcesOf(name: string): Sources {
  const root = fileURLToPath(new URL(`../packages/${name}/src`, import.meta.url));
  const paths = (readdirSync(root, { recursive: true }) as string[]).filter((path) => /(?<!\.test)\.ts$/.test(path));
  return new Map(paths.map((path) => [path.replaceAll("\\", "/"), readFileSync(join(root, path), "utf8")]));
}

/** The folder that a file is in, or its own name where it lies beside them. */
function placeOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** The files that one imports or re-exports, has loaded later, takes types from, or starts as a worker. */
function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\s*\(|\bnew URL\()\s*"(\.{1,2}\/[^"]+)"/g);
  return [...specifiers].map(([, specifier = ""]) => posix.join(dirname(path), specifier).replace(/\.js$/, ".ts"));
}

/** Each import of a file from a folder above its own, in words. */
function upwardArrows(sources: Sources, order: readonly string[]): string[] {
  const floors = new Map(order.map((place, i) => [place, i]));
  const floorOf = (path: string) => floors.get(placeOf(path)) ?? Number.POSITIVE_INFINITY;
  return [...sources].flatMap(([path, text]) =>
    importsOf(path, text)
      .filter((imported) => floorOf(imported) > floorOf(path))
      .map((imported) => `${path} imports ${imported}`),
  );
}

describe.each(Object.entries(orders))("in %s", (name, order) => {
  const sources = sourcesOf(name);

  test("each folder has its place in the order, and there is no other", () => {
    expect([...new Set([...sources.keys()].map(placeOf))].sort()).toEqual([...order].sort());
  });

  test("no file imports from a folder above its own", () => {
    expect(upwardArrows(sources, order)).toEqual([]);
  });
});

describe("an arrow that points up is found", () => {
  const order = ["floor", "roof"];

  test.each([
    'import { gutter } from "../roof/gutter.js";',
    'import type { Gutter } from "../roof/gutter.js";',
    'import {\n  type Gutter,\n  gutter,\n} from "../roof/gutter.js";',
    'import "../roof/gutter.js";',
    'export { gutter } from "../roof/gutter.js";',
    'export * from "../roof/gutter.js";',
    'const { gutter } = await import("../roof/gutter.js");',
    'type Gutter = import("../roof/gutter.js").Gutter;',
    'new Worker(new URL("../roof/gutter.js", import.meta.url));',
  ])("where it is written as %s", (line) => {
    const sources = new Map([
      ["floor/boards.ts", `import { nail } from "./nails.js";\n${line}\n`],
      ["roof/gutter.ts", 'import { boards } from "../floor/boards.js";\n'],
    ]);
    expect(upwardArrows(sources, order)).toEqual(["floor/boards.ts imports roof/gutter.ts"]);
  });

  test("from a folder further in, and to one without a place", () => {
    const sources = new Map([
      ["floor/wood/oak/boards.ts", 'import { gutter } from "../../../roof/gutter.js";\n'],
      ["roof/gutter.ts", 'import { pipe } from "../garden/pipe.js";\n'],
    ]);
    expect(upwardArrows(sources, order)).toEqual([
      "floor/wood/oak/boards.ts imports roof/gutter.ts",
      "roof/gutter.ts imports garden/pipe.ts",
    ]);
  });
});
