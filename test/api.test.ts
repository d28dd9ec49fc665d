/** @file What programs build on is what the committed reports say: a change of a public name or signature is one that somebody decided. */

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { REPOSITORY } from "./cli/esnas.js";

test("each entry point exports what its report says, all of it documented, with every type that it mentions", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/api.js", "--check"], {
    cwd: REPOSITORY,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.match(/unchanged$/gm)).toHaveLength(3);
  expect(status).toBe(0);
});
