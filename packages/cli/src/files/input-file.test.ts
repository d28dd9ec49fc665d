import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readInput, readInputText } from "./input-file.js";

const root = mkdtempSync(join(tmpdir(), "esnas-test-"));
afterAll(() => rmSync(root, { recursive: true }));
const path = (name: string) => join(root, name);
writeFileSync(path("text"), "\uFEFFhello");
symlinkSync(path("text"), path("link"));

const isUnix = process.platform !== "win32";

describe("a file", () => {
  test("is read whole where it has as many bytes as it may, through a link as well", () => {
    expect(readInput(path("link"), 8, "is too large")).toHaveLength(8);
    expect(readInputText(path("text"), 8, "is too large")).toBe("hello");
  });

  test("that has more is refused before it is read", () => {
    expect(() => readInput(path("text"), 7, "is too large")).toThrow(`"${path("text")}" is too large`);
    writeFileSync(path("huge"), "");
    truncateSync(path("huge"), 2 ** 40);
    expect(() => readInput(path("huge"), 2 ** 30, "is too large")).toThrow(/is too large/);
  });

  test("that is none is refused", () => {
    expect(() => readInput(root, 8, "is too large")).toThrow(/it is a folder/);
    expect(() => readInput(path("nothing"), 8, "is too large")).toThrow(/no such file/);
  });

  test.runIf(isUnix)("is never a pipe, which would be waited for, or a device, which has no end", () => {
    execFileSync("mkfifo", [path("pipe")]);
    symlinkSync("/dev/zero", path("zero"));
    for (const name of ["pipe", "zero"]) {
      expect(() => readInput(path(name), 8, "is too large")).toThrow(/it is no file/);
    }
  });

  test.runIf(process.platform === "linux")(
    "of /proc, which says that it has no bytes, is read as far as is allowed",
    () => {
      expect(readInputText("/proc/self/status", 2 ** 20, "is too large")).toMatch(/^Name:/);
      expect(() => readInput("/proc/self/status", 10, "is too large")).toThrow(/is too large/);
      expect(() => readInput("/proc/self/pagemap", 2 ** 31, "is too large")).toThrow(/is too large|cannot read/);
    },
  );
});
