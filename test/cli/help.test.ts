/** @file What the command line says of itself, and from where it can be called. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { esnas, REPOSITORY, readJson, startProgram, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const { version } = readJson(REPOSITORY, "packages/cli/package.json") as { readonly version: string };

describe("help", () => {
  test.each(["search", "sweep", "score", "describe", "export", "models", "analyze", "latency", "worker", "status"])(
    "of %s fits 80 columns, and has examples, every flag of which it knows",
    async (command) => {
      const help = await stdoutOf(cwd, command, "--help");
      const [options = "", examples = ""] = help.split("\nExamples:\n");
      expect(examples).toContain(`$ esnas ${command} `);
      for (const line of options.split("\nMetrics:\n")[0]?.split("\n") ?? [])
        expect(line.length).toBeLessThanOrEqual(80);
      for (const [flag] of examples.matchAll(/ --[\w-]+/g)) expect(options).toContain(flag);
    },
  );

  test("is printed where no command is given, with examples", async () => {
    const help = await stdoutOf(cwd);
    expect(help).toMatch(/^Usage: esnas/);
    expect(help).toContain("\nExamples:\n");
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
