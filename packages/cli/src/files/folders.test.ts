import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@esnas/core/internal";
import { afterAll, describe, expect, test } from "vitest";
import { checkFolderTarget, freeName, makeFolder, makeFolders } from "./folders.js";

const root = mkdtempSync(join(tmpdir(), "esnas-test-"));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, "file"), "");

describe("folders", () => {
  test("are made with those that they lie in, and the outermost that was missing is told", () => {
    mkdirSync(join(root, "there"));
    expect(makeFolders(join(root, "there/a/b/c"))).toBe(join(root, "there/a"));
    expect(makeFolders(join(root, "there/a/b"))).toBeUndefined();
    expect(existsSync(join(root, "there/a/b/c"))).toBe(true);
  });

  test("are refused within a file", () => {
    expect(() => makeFolders(join(root, "file/a/b"))).toThrow(/cannot make the folder ".*b": .* is no folder/);
    expect(() => makeFolders(join(root, "file"))).toThrow(/is no folder/);
  });

  test.skipIf(process.platform !== "linux")(
    "are refused where a file system denies that its own folder is there",
    () => {
      for (const folder of ["/proc/nope", "/proc/nope/x", "/proc/self/x/y"]) {
        expect(() => makeFolders(folder)).toThrow(InputError);
        expect(() => checkFolderTarget(folder)).toThrow(InputError);
        expect(() => makeFolder(folder, () => {})).toThrow(InputError);
      }
    },
  );

  test("that are only checked are not there afterwards", () => {
    checkFolderTarget(join(root, "new/a/b"));
    expect(existsSync(join(root, "new"))).toBe(false);
    checkFolderTarget(root);
    expect(existsSync(root)).toBe(true);
  });

  test("appear whole, or leave nothing", () => {
    const before = readdirSync(root);
    const failing = () => {
      throw new InputError("cannot be filled");
    };
    expect(() => makeFolder(join(root, "some/folder"), failing)).toThrow(/cannot be filled/);
    expect(readdirSync(root)).toEqual(before);
    makeFolder(join(root, "some/folder"), (beside) => writeFileSync(join(beside, "a"), ""));
    expect(readdirSync(join(root, "some/folder"))).toEqual(["a"]);
    expect(readdirSync(join(root, "some"))).toEqual(["folder"]);
  });

  test("are numbered where their name is taken", () => {
    expect(freeName(join(root, "run"))).toBe(join(root, "run"));
    mkdirSync(join(root, "run"));
    mkdirSync(join(root, "run-2"));
    expect(freeName(join(root, "run"))).toBe(join(root, "run-3"));
  });
});
