/** @file What the command line says of itself, and from where it can be called. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { esnas, REPOSITORY, readJson, startProgram, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const { version } = readJson(REPOSITORY, "packages/cli/package.json") as { readonly version: string };

describe("help", () => {
  test.each(["search", "score", "describe", "export"])(
    "of %s has examples, every flag of which it knows",
    async (command) => {
      const help = await stdoutOf(cwd, command, "--help");
      const [, examples = ""] = help.split("\nExamples:\n");
      expect(examples).toContain(`$ esnas ${command} `);
      for (const [flag] of examples.matchAll(/ --[\w-]+/g)) expect(help.split("\nExamples:\n")[0]).toContain(flag);
      expect(await stdoutOf(cwd, "help", command)).toBe(help);
    },
  );

  test("is printed where no command is given, with examples", async () => {
    const help = await stdoutOf(cwd);
    expect(help).toMatch(/^Usage: esnas/);
    expect(help).toContain("\nExamples:\n");
    expect(await stdoutOf(cwd, "--help")).toBe(help);
  });

  test("fits a terminal of 80 columns but for examples and lists of metrics", async () => {
    const [options = ""] = (await stdoutOf(cwd, "search", "--help")).split("\nExamples:\n");
    for (const line of options.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("the version", () => {
  test("is that of the package", async () => {
    expect(await esnas(cwd, "--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each([".", "packages/core/src", "test/cli"])("is printed by npx esnas in %s", async (folder) => {
    const { code, stdout } = await startProgram("npx", ["esnas", "--version"], join(REPOSITORY, folder)).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
  });
});
