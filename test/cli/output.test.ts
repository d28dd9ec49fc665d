/** @file Where what is printed goes nowhere: a full disk, a pipe that its reader has left. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REPOSITORY, readJson, startProgram, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const PROGRAM = join(REPOSITORY, "packages/cli/bin/esnas.js");
/** What a shell is told to do with the program. */
const inShell = (line: string) =>
  startProgram("sh", ["-c", line.replace("esnas", `"${process.execPath}" "${PROGRAM}"`)], cwd).ended;

describe("what is printed", () => {
  test.skipIf(!existsSync("/dev/full"))("onto a full disk is told of in a line", async () => {
    expect(await inShell("esnas describe --model resnet18 > /dev/full")).toEqual({
      code: 2,
      stdout: "",
      stderr: "esnas: cannot print the result: no space left\n",
    });
  });

  test("into a pipe whose reader has seen enough ends well", async () => {
    const { code, stdout, stderr } = await inShell(
      "{ esnas describe --model resnet18 --json; echo $? >&2; } | head -1",
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "{\n", stderr: "0\n" });
  });

  test("of a search's progress to nobody ends the search, which can be gone on with", async () => {
    const search = "search --max-evaluations 30 --resolution 64 --max-params 300k --out run".split(" ");
    const child = spawn(process.execPath, [PROGRAM, ...search], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    child.stderr.destroy();
    const [code] = await once(child, "close");
    expect(code).toBe(130);
    await stdoutOf(cwd, "search", "--resume", "run");
    expect(readJson(cwd, "run", "summary.json")).toHaveProperty("scores");
  });
});
