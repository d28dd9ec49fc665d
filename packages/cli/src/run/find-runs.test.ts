import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runFoldersIn } from "./find-runs.js";

const root = realpathSync(mkdtempSync(join(tmpdir(), "esnas-folders-")));
afterAll(() => rmSync(root, { recursive: true }));

function makeRuns(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "study.sqlite"), "");
  }
}

describe("the runs that a folder stands for", () => {
  test("are itself, those in it, or those of a sweep, group by group, in the order of their numbers", () => {
    makeRuns("alone", "several/seed10", "several/seed9");
    makeRuns("sweep/runs/2-s1/seed0", "sweep/runs/10-s2/seed0", "sweep/runs/2-s1/seed1");
    mkdirSync(join(root, "several", "notes"));
    const namesIn = (folder: string) => runFoldersIn(join(root, folder)).map(({ name }) => name);
    expect(runFoldersIn(join(root, "alone"))).toEqual([{ folder: join(root, "alone"), name: "alone" }]);
    expect(namesIn("several")).toEqual(["seed9", "seed10"]);
    expect(namesIn("sweep")).toEqual(["2-s1 seed0", "2-s1 seed1", "10-s2 seed0"]);
    expect(namesIn("sweep/runs/2-s1")).toEqual(["seed0", "seed1"]);
    expect(namesIn("nothing")).toEqual([]);
  });

  test("are none that a link leads to, out of the folder, and none that is hidden", () => {
    makeRuns("outside", "inside/.hidden", "inside/seen");
    symlinkSync(join(root, "outside"), join(root, "inside", "link"));
    expect(runFoldersIn(join(root, "inside")).map(({ name }) => name)).toEqual(["seen"]);
  });
});
