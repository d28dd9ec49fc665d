/**
 * @file The direction of imports is kept by two checks that run with every build, Biome's and TypeScript's: here both are
 * given files that break it.
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

function tool(name: string): string {
  return join(REPOSITORY, "node_modules/.bin", name);
}

/** What core may not import, each from a file in `src` and from one in a folder below it. */
const forbidden = [
  'import * as thing from "node:fs";\n\nexport const named = thing;\n',
  'import * as thing from "fs";\n\nexport const named = thing;\n',
  'import * as thing from "esnas";\n\nexport const named = thing;\n',
  'import * as thing from "esnas/dist/main.js";\n\nexport const named = thing;\n',
  'import * as thing from "@esnas/studies";\n\nexport const named = thing;\n',
  'import * as thing from "../../cli/src/version.js";\n\nexport const named = thing;\n',
  'import type { RunFolder } from "../../../cli/src/run/run-folder.js";\n\nexport type Named = RunFolder;\n',
  'import * as thing from "onnxruntime-node";\n\nexport const named = thing;\n',
  'import * as thing from "onnxruntime-web";\n\nexport const named = thing;\n',
  'import * as thing from "libsql";\n\nexport const named = thing;\n',
  'export * from "node:path";\n',
  'export const load = () => import("node:worker_threads");\n',
];

/** What core may import. */
const allowed = [
  'import * as thing from "onnxruntime-common";\n\nexport const named = thing;\n',
  'import * as thing from "./graph/graph.js";\n\nexport const named = thing;\n',
  'import * as thing from "../client/graph.js";\n\nexport const named = thing;\n',
];

/** What the page may not import; of its state and workers, views too. */
const forbiddenInPage = [
  'import * as thing from "node:fs";\n\nexport const named = thing;\n',
  'import * as thing from "esnas/dist/main.js";\n\nexport const named = thing;\n',
  'import * as thing from "@esnas/studies";\n\nexport const named = thing;\n',
  'import * as thing from "@esnas/core/testing";\n\nexport const named = thing;\n',
  'import * as thing from "@esnas/core";\n\nexport const named = thing;\n',
  'import * as thing from "../../../core/src/index.js";\n\nexport const named = thing;\n',
  'import * as thing from "libsql";\n\nexport const named = thing;\n',
];
const aView = ['import { Chart } from "../views/chart.js";\n\nexport const named = Chart;\n'];
const allowedInPage = ['import * as thing from "@esnas/core/internal";\n\nexport const named = thing;\n'];

/** What the other packages may not import of core. */
const forbiddenInPrograms = ["@esnas/core", "@esnas/core/plugin", "../../../core/src/index.js"].map(
  (from) => `import * as thing from "${from}";\n\nexport const named = thing;\n`,
);
const allowedInPrograms = ["@esnas/core/internal", "@esnas/core/testing"].map(
  (from) => `import * as thing from "${from}";\n\nexport const named = thing;\n`,
);

/** Files of a project by their paths. */
type Files = ReadonlyMap<string, string>;

function write(folder: string, files: Files): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function sourceFiles(folder: string, texts: readonly string[]): Files {
  return new Map(texts.map((text, i) => [`${folder}/probe${i}.ts`, text]));
}

interface BiomeReport {
  readonly diagnostics: readonly { readonly severity: string; readonly location: { readonly path: string } }[];
}

describe("Biome", () => {
  const folder = mkdtempSync(join(tmpdir(), "esnas-layering-"));
  const inCore = sourceFiles("packages/core/src", forbidden);
  const below = sourceFiles("packages/core/src/graph", forbidden);
  const inTests = new Map([["packages/core/src/probe.test.ts", forbidden[0] ?? ""]]);
  const good = sourceFiles("packages/core/src/good", allowed);
  const page = "packages/studio/src";
  const inPage = new Map(
    ["views", "state", "workers"].flatMap((part) => [
      ...sourceFiles(`${page}/${part}`, part === "views" ? forbiddenInPage : [...forbiddenInPage, ...aView]),
    ]),
  );
  const goodInPage = new Map([
    ...sourceFiles(`${page}/views/good`, [...allowedInPage, ...aView]),
    ...sourceFiles(`${page}/state/good`, allowedInPage),
  ]);
  const inPrograms = new Map(
    ["cli", "studies"].flatMap((name) => [...sourceFiles(`packages/${name}/src/commands`, forbiddenInPrograms)]),
  );
  const goodInPrograms = new Map(
    ["cli", "studies"].flatMap((name) => [...sourceFiles(`packages/${name}/src/good`, allowedInPrograms)]),
  );
  const inCli = sourceFiles("packages/cli/src", [forbidden[0] ?? "", forbidden[7] ?? "", forbidden[9] ?? ""]);
  let refused = new Set<string>();

  beforeAll(() => {
    for (const file of [
      "biome.json",
      "package.json",
      ".gitignore",
      "packages/core/package.json",
      "packages/cli/package.json",
      "packages/studio/package.json",
    ]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(REPOSITORY, file), join(folder, file));
    }
    for (const files of [inCore, below, inTests, good, inCli, inPage, goodInPage, inPrograms, goodInPrograms])
      write(folder, files);
    const { stdout } = spawnSync(tool("biome"), ["lint", "--reporter=json", "--max-diagnostics=none", "packages"], {
      cwd: folder,
      encoding: "utf8",
    });
    const { diagnostics }: BiomeReport = JSON.parse(stdout);
    refused = new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ location }) => location.path));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([...inCore, ...below, ...inPage, ...inPrograms])("refuses %s with %j", (path) => {
    expect(refused).toContain(path);
  });

  test.each([...good, ...inTests, ...inCli, ...goodInPage, ...goodInPrograms])("takes %s with %j", (path) => {
    expect(refused).not.toContain(path);
  });
});

describe("TypeScript", () => {
  /** Within the repository, so that a dependency's types that bring Node's or the DOM's along would be seen. */
  const cache = join(REPOSITORY, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "layering-"));
  const foreign = new Map(
    [
      "process.env",
      "Buffer.of(1)",
      "globalThis.process",
      "__dirname",
      "document.title",
      "window",
      "navigator.hardwareConcurrency",
      "new Worker(name)",
      "localStorage.length",
      "fetch(name)",
    ].map((expression, i) => [`probe${i}.ts`, `export const of = (name: string): unknown => [name, ${expression}];\n`]),
  );
  const types = new Map([["types.ts", 'import type { Stats } from "node:fs";\n\nexport type Named = Stats;\n']]);
  const native = new Map([
    ["good.ts", "export const of = (name: string): unknown => [name, globalThis.Math, new Set()];\n"],
  ]);
  let complaints = "";

  beforeAll(() => {
    for (const files of [foreign, types, native]) write(folder, files);
    const config = {
      extends: join(REPOSITORY, "packages/core/tsconfig.json"),
      compilerOptions: { rootDir: REPOSITORY, composite: false, incremental: false, noEmit: true },
      include: ["*.ts", join(REPOSITORY, "packages/core/src/index.ts")],
      exclude: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    complaints = spawnSync(tool("tsc"), ["-p", "."], { cwd: folder, encoding: "utf8" }).stdout;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([...foreign, ...types])("refuses in core what %s has: %j", (file) => {
    expect(complaints).toContain(`${file}(`);
  });

  test("takes in core what the language itself has", () => {
    expect(complaints).not.toContain("good.ts(");
    expect(complaints).not.toContain("packages/core/src");
  });
});
