/** @file The library as a program uses it: what its documentation shows compiles and runs, and it finds what the command line finds. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hybridSpace, onnxRuntime, search } from "@esnas/core";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { candidatesOf, esnas, REPOSITORY, temporaryFolder } from "./cli/esnas.js";

/** Programs in a text: blocks of TypeScript that import the package. */
function programsIn(path: string): string[] {
  const text = readFileSync(path, "utf8").replaceAll(/^ \* ?/gm, "");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, program = ""]) =>
    program.includes('from "@esnas/core"') ? [program] : [],
  );
}

const CORE = join(REPOSITORY, "packages/core/src");
const sources = [
  join(REPOSITORY, "README.md"),
  join(REPOSITORY, "docs/library.md"),
  join(REPOSITORY, "packages/core/README.md"),
  ...readdirSync(CORE, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(CORE, name)),
];
const programs = sources.flatMap((path) => programsIn(path).map((program) => ({ path, program })));

describe("what the documentation of the library shows", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "src"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  programs.forEach(({ program }, i) => {
    writeFileSync(join(folder, `src/program-${i}.ts`), program);
  });

  test("is a program wherever it is an example", () => {
    for (const path of sources.filter((path) => path.startsWith(CORE))) {
      const examples = readFileSync(path, "utf8").split("@example").length - 1;
      expect({ path, examples }).toEqual({ path, examples: programsIn(path).length });
    }
  });

  test("is a program for each call", () => {
    const text = programs.map(({ program }) => program).join("\n");
    for (const call of ["search", "score", "describe", "exportOnnx"]) expect(text).toContain(`${call}(`);
  });

  test.each(["nodenext", "bundler"])("compiles without a complaint where modules are found as by %s", (resolution) => {
    const module = resolution === "bundler" ? "esnext" : resolution;
    const flags = ["--strict", "--target", "es2023", "--module", module, "--moduleResolution", resolution];
    const files = programs.map((_, i) => `src/program-${i}.ts`);
    const tsc = join(REPOSITORY, "node_modules/.bin/tsc");
    const all = [...flags, "--types", "node", "--outDir", "out", ...files];
    expect(execFileSync(tsc, all, { cwd: folder, encoding: "utf8" })).toBe("");
  });

  test.each(programs.map(({ path }, i) => [path.slice(REPOSITORY.length + 1), i]))("runs: %s (%i)", (_, i) => {
    const printed = execFileSync(process.execPath, [`out/program-${i}.js`], { cwd: folder, encoding: "utf8" });
    expect(printed).toMatch(/\d/);
    expect(printed).not.toMatch(/undefined|NaN/);
  });
});

test("the reference of the library is made without a warning", () => {
  const typedoc = [
    "--no-install",
    "-w",
    "@esnas/reference",
    "--",
    "typedoc",
    "--emit",
    "none",
    "--treatWarningsAsErrors",
  ];
  const { status, stdout, stderr } = spawnSync("npx", typedoc, { cwd: REPOSITORY, encoding: "utf8" });
  expect({ status, stdout, stderr }).toMatchObject({ status: 0, stderr: "" });
});

test("a search of the library makes the candidates of the command's, in their order", async () => {
  const folder = temporaryFolder();
  const flags =
    "search --max-params 300k --max-macs 30M --classes 10 --resolution 64 --stem 4 --max-evaluations 120 --seed 3 --out run";
  expect((await esnas(folder, ...flags.split(" "))).code).toBe(0);
  const made: object[] = [];
  await search({
    budget: { parameters: 300_000, macs: 30_000_000 },
    space: hybridSpace({ input: [3, 64, 64], classes: 10 }),
    maxEvaluations: 120,
    seed: 3,
    runtime: onnxRuntime(ort),
    onEvaluation: ({ genotype, scores }) => made.push({ genotype: JSON.stringify(genotype), scores }),
  });
  const run = candidatesOf(join(folder, "run"));
  expect(made).toEqual(run.map(({ genotype, scores }) => ({ genotype, scores: JSON.parse(String(scores)) })));
});
