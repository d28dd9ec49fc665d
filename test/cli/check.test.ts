/** @file `esnas check`: the recipes of `examples/` pass, and what is wrong in a plugin is told by the property that it breaks. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { esnas, expectRefusal, REPOSITORY, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const example = (path: string) => ["--plugin", join(REPOSITORY, "examples", path)];

const BAD = `import { defineBlock, defineMetric, defineSpace, layers, z } from "@esnas/core/plugin";
let builds = 0;
export const block = defineBlock({
  kind: "acme/bad",
  title: "Bad",
  build: (b, x) => layers.conv2d(b, x, \`conv\${builds++}\`, { out: 3, kernel: 1 }),
  pytorch: () => ({ definition: { name: "Bad", source: "class Bad(nn.Module):\\n    pass" }, args: [] }),
  examples: [{ spec: { kind: "acme/bad" }, input: [1, 4, 8, 8] }],
});
let scores = 0;
const words = { counts: "c", normalisation: "n", softmax: "s", nonFinite: "never", source: "x", summary: "s" };
export const metric = defineMetric({
  contract: { name: "drift", role: "size", direction: "maximize", needs: "nothing", significantDigits: 5, ...words },
  options: z.object({}),
  create: () => ({ score: () => scores++ }),
});
export const space = defineSpace({
  name: "idle",
  summary: "a gene that changes nothing",
  input: [3, 16, 16],
  classes: 4,
  genes: { width: { role: "size", values: [8, 16] }, idle: { role: "topology", values: ["a", "b"] } },
  build: ({ width }, { classes }) => [
    { name: "stem", spec: { kind: "downsample", stride: 2, width } },
    { name: "head", spec: { kind: "head", classes } },
  ],
});
`;

describe("esnas check", () => {
  test.each([
    ["a metric", example("plugin-metric/active-share.mjs"), "active-share", 6],
    ["a space", example("plugin-space/ladder.mjs"), "ladder", 10],
    ["a block", example("plugin-block/ghost.mjs"), "acme/ghost", 8],
  ])("passes the recipe of %s, a line for each property", async (_, plugin, name, least) => {
    const lines = (await stdoutOf(cwd, "check", ...plugin)).trim().split("\n");
    expect(lines.pop()).toMatch(/^\d+ passed, 0 failed$/);
    expect(lines.length).toBeGreaterThanOrEqual(least);
    for (const line of lines) expect(line).toMatch(new RegExp(`^pass {2}${name} `));
  });

  test("tells by property what a plugin breaks, with exit code 2", async () => {
    writeFileSync(join(cwd, "bad.mjs"), BAD);
    const { code, stdout, stderr } = await esnas(cwd, "check", "--plugin", "bad.mjs", "--json");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    const { passed, failed, checks } = JSON.parse(stdout);
    expect(checks).toHaveLength(passed + failed);
    const broken = checks.filter((check: { passed: boolean }) => !check.passed);
    expect(broken).toHaveLength(failed);
    expect(broken).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "block", name: "acme/bad builds the same graph each time" }),
        expect.objectContaining({
          name: expect.stringMatching(/names each of its parameters/),
          reason: expect.stringMatching(/"conv\d+"/),
        }),
        expect.objectContaining({ kind: "metric", name: "drift gives the same score for the same seed" }),
        expect.objectContaining({ kind: "space", name: "idle mutates into another architecture" }),
      ]),
    );
  });

  test("wants a plugin", async () => {
    await expectRefusal(cwd, ["check"], /nothing to check: give --plugin FILE/);
  });
});
