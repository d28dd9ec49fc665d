/** @file What is published: one version, dependencies that are those of the code, and licenses of what is bundled. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { parseAst } from "rolldown/parseAst";
import { describe, expect, test } from "vitest";
import { version } from "../packages/core/src/index.js";
import { esnas, REPOSITORY, readJson } from "./cli/esnas.js";

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const manifest = (name: string) => readJson(REPOSITORY, "packages", name, "package.json") as Manifest;
const published = ["cli", "core"].map(manifest);
const BUNDLE = join(REPOSITORY, "packages/cli/bundle");
const LICENSES = "THIRD-PARTY-LICENSES.txt";

/** Names of the packages that built files import, found by a parser. */
function importedPackages(folder: string): string[] {
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((path) => path.endsWith(".js"));
  const specifiers = files.flatMap((path) => specifiersIn(parseAst(readFileSync(join(folder, path), "utf8"))));
  const packages = specifiers.filter((specifier) => !specifier.startsWith(".") && !isBuiltin(specifier));
  return [...new Set(packages.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier))].sort();
}

const IMPORTS = ["ImportDeclaration", "ImportExpression", "ExportAllDeclaration", "ExportNamedDeclaration"];

function specifiersIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(specifiersIn);
  if (typeof node !== "object" || node === null) return [];
  const { type, source } = node as { readonly type?: string; readonly source?: { readonly value?: unknown } | null };
  const own = IMPORTS.includes(type ?? "") && typeof source?.value === "string" ? [source.value] : [];
  return [...own, ...Object.values(node).flatMap(specifiersIn)];
}

/** The packages in a file of licenses, and the text of each. */
function licensesIn(path: string): ReadonlyMap<string, string> {
  const [, ...entries] = readFileSync(path, "utf8").split(`\n\n${"-".repeat(80)}\n\n`);
  return new Map(entries.map((entry) => [/^(\S+) \S+: ./.exec(entry)?.[1] ?? "?", entry]));
}

describe("the published packages", () => {
  test("have one version, which the program and core say", async () => {
    execFileSync(process.execPath, [join(REPOSITORY, "scripts/version.js"), "--check"]);
    expect((await esnas(REPOSITORY, "--version")).stdout.trim()).toBe(version);
    expect(published.map((each) => each.version)).toEqual([version, version]);
  });

  test.each(published)("$name says what a registry shows, and is published in the open", (each) => {
    expect(each).toMatchObject({
      description: expect.stringMatching(/^.{20,120}$/),
      keywords: expect.arrayContaining(["neural-architecture-search"]),
      license: "Apache-2.0",
      engines: { node: ">=20.19" },
      publishConfig: { access: "public", provenance: true },
      scripts: { prepack: "node ../../scripts/prepack.js" },
    });
  });

  test("depend on what their code imports, and on nothing that is bundled or private", () => {
    expect(importedPackages(BUNDLE)).toEqual(Object.keys(manifest("cli").dependencies ?? {}).sort());
    // Types alone are imported of it, which declarations name.
    const core = importedPackages(join(REPOSITORY, "packages/core/dist"));
    expect([...core, "onnxruntime-common"].sort()).toEqual(Object.keys(manifest("core").dependencies ?? {}).sort());
  });
});

describe("the licenses of what is bundled", () => {
  const licenses = licensesIn(join(BUNDLE, LICENSES));

  test("name the packages whose code is in the command, with their texts", () => {
    expect([...licenses.keys()]).toEqual(expect.arrayContaining(["commander", "zod", "d3-array", "workerpool"]));
    expect([...licenses].filter(([name, text]) => name === "?" || !text.includes("\n"))).toEqual([]);
    expect(licenses.get("commander")).toMatch(/Permission is hereby granted/);
  });

  test("do not name dependencies, ourselves, or what only builds and tests", () => {
    const others = [...Object.keys(manifest("cli").dependencies ?? {}), "esnas", "@esnas/core", "rolldown", "vitest"];
    expect(others.filter((name) => licenses.has(name))).toEqual([]);
  });
});
