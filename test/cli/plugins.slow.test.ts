/** @file `--plugin` as its users see it: the recipes of `examples/`, in every command that takes one, and what is refused. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { candidatesOf, expectRefusal, REPOSITORY, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const examples = { metric: "active-share.mjs", space: "ladder.mjs", block: "ghost.mjs" };
for (const [kind, file] of Object.entries(examples)) {
  copyFileSync(join(REPOSITORY, `examples/plugin-${kind}/${file}`), join(cwd, file));
}
copyFileSync(join(REPOSITORY, "examples/plugin-block/space.mjs"), join(cwd, "space.mjs"));
const METRIC = ["--plugin", examples.metric];
const SPACE = ["--plugin", examples.space];
const SEARCH = ["search", ...SPACE, ...METRIC, "--space", "ladder", "--topology-metric", "active-share"];
const SHORT = ["--max-params", "200k", "--max-evaluations", "30", "--workers", "1"];

function written(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

describe("plugins", () => {
  test("are used by searches, whose runs record them, and whose models are described and exported", async () => {
    await stdoutOf(cwd, ...SEARCH, ...SHORT, "--out", "run");
    const summary = JSON.parse(readFileSync(join(cwd, "run/summary.json"), "utf8"));
    expect(summary.command).toMatch(/^esnas search --plugin ladder\.mjs --plugin active-share\.mjs /);
    expect(summary.scores["active-share"]).toBeGreaterThan(0.3);
    expect(await stdoutOf(cwd, "describe", "run", ...SPACE)).toContain("parameters");
    await expectRefusal(cwd, ["describe", "run"], /unknown space "ladder".*A plugin's space needs that plugin/);
    await stdoutOf(cwd, "export", "run", ...SPACE, "--onnx", "found.onnx", "--pytorch", "found.py");
    expect(existsSync(join(cwd, "found.onnx"))).toBe(true);
    expect(readFileSync(join(cwd, "found.py"), "utf8")).toContain("class Ladder(nn.Module)");
  });

  test("give the same history whatever the number of workers", async () => {
    for (const workers of ["1", "2"]) {
      await stdoutOf(cwd, ...SEARCH, ...SHORT, "--workers", workers, "--out", `by-${workers}`);
    }
    expect(candidatesOf(join(cwd, "by-2"))).toEqual(candidatesOf(join(cwd, "by-1")));
  });

  test("score networks, those of a plugin's block too", async () => {
    const random = ["--space", "ladder", "--random", "3", "--metrics", "active-share,parameters", "--json"];
    const { candidates } = JSON.parse(await stdoutOf(cwd, "score", ...METRIC, ...SPACE, ...random));
    expect(candidates).toHaveLength(3);
    for (const { scores } of candidates) expect(scores["active-share"]).toBeGreaterThan(0);
    expect(await stdoutOf(cwd, "score", "--help", ...METRIC)).toContain("active-share");
  });

  test("bring blocks, which a search uses, a drawing shows, and PyTorch source has as classes", async () => {
    const plugins = ["--plugin", examples.block, "--plugin", "space.mjs"];
    const bounds = ["--space", "ghost-hybrid", "--max-params", "300k"];
    const random = ["score", ...plugins, ...bounds, "--random", "6", "--metrics", "logsynflow,naswot", "--json"];
    const { candidates } = JSON.parse(await stdoutOf(cwd, ...random));
    const ghosts = candidates.find(({ genotype }: { genotype: object }) =>
      JSON.stringify(genotype).includes("acme/ghost"),
    );
    writeFileSync(join(cwd, "ghosts.json"), JSON.stringify(ghosts.genotype));
    await stdoutOf(cwd, "export", "ghosts.json", ...plugins, "--svg", "ghosts.svg", "--pytorch", "ghosts.py");
    expect(readFileSync(join(cwd, "ghosts.svg"), "utf8")).toMatch(/data-kind="acme\/ghost"/);
    expect(readFileSync(join(cwd, "ghosts.svg"), "utf8")).toMatch(
      /\.acme--ghost \{ fill: #[0-9a-f]{6}; stroke: #2f855a/,
    );
    expect(readFileSync(join(cwd, "ghosts.py"), "utf8")).toContain("class GhostBottleneck(nn.Module)");
    await expectRefusal(
      cwd,
      ["describe", "ghosts.json"],
      /unknown block "acme\/ghost": load the plugin that defines it/,
    );
  });

  test("are followed by a sweep", async () => {
    const file = written("sweep.yaml", "space: ladder\nmax-params: 200k\nmax-evaluations: 20\nseeds: 2\n");
    const options = ["--random", "0", "--workers", "1", "--out", "swept", "--json"];
    await stdoutOf(cwd, "sweep", file, ...SPACE, ...options);
    expect(readdirSync(join(cwd, "swept/runs"), { recursive: true })).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/seed0.summary\.json$/),
        expect.stringMatching(/seed1.summary\.json$/),
      ]),
    );
  });

  test("keep scores of a benchmark apart from those of other programs", async () => {
    const rows = JSON.parse(await stdoutOf(cwd, "score", ...SPACE, "--space", "ladder", "--random", "20", "--json"));
    const lines = rows.candidates.map(({ genotype }: { genotype: object }, i: number) => {
      return `"${JSON.stringify(genotype).replaceAll('"', '""')}",${50 + i}`;
    });
    const table = written("table.csv", `architecture,mine\n${lines.join("\n")}\n`);
    const bench = ["bench", "correlate", "--space", "ladder", "--dataset", "mine", "--table", table, "--partial"];
    const options = ["--metrics", "active-share", "--workers", "1", "--json"];
    const summary = JSON.parse(await stdoutOf(cwd, ...bench, ...options, ...SPACE, ...METRIC));
    expect(JSON.stringify(summary)).toContain("active-share");
  });
});

describe("a run with plugins", () => {
  test("goes on with the same files alone, wherever they lie", async () => {
    await stdoutOf(cwd, ...SEARCH, ...SHORT, "--out", "resumed");
    await expectRefusal(
      cwd,
      ["search", "--resume", "resumed"],
      /"resumed" needs the plugin ladder\.mjs \(digest [0-9a-f]{16}\): add --plugin ladder\.mjs/,
    );
    const changed = join("changed", examples.space);
    mkdirSync(join(cwd, "changed"), { recursive: true });
    writeFileSync(join(cwd, changed), `${readFileSync(join(cwd, examples.space), "utf8")}\n`);
    const other = ["search", "--resume", "resumed", "--plugin", changed, ...METRIC];
    await expectRefusal(
      cwd,
      other,
      /needs the plugin ladder\.mjs as it was .*changed\/ladder\.mjs has digest [0-9a-f]{16}/,
    );
    mkdirSync(join(cwd, "moved"), { recursive: true });
    for (const file of [examples.space, examples.metric]) copyFileSync(join(cwd, file), join(cwd, "moved", file));
    const moved = ["--plugin", join("moved", examples.space), "--plugin", join("moved", examples.metric)];
    await stdoutOf(cwd, "search", "--resume", "resumed", ...moved);
  });
});

describe("a plugin's digest", () => {
  test("covers the files that it imports by relative paths", async () => {
    written("part.mjs", "export const summary = 'one';\n");
    const text = readFileSync(join(cwd, examples.space), "utf8");
    const split = `import { summary } from "./part.mjs";\n${text.replace(/summary: ".*"/, "summary")}`;
    const file = written("split.mjs", split);
    await stdoutOf(cwd, "search", "--plugin", file, "--space", "ladder", ...SHORT, "--out", "split");
    written("part.mjs", "export const summary = 'two';\n");
    const resumed = ["search", "--resume", "split", "--plugin", file];
    await expectRefusal(cwd, resumed, /needs the plugin split\.mjs as it was/);
  });
});

describe("a plugin is refused in one line", () => {
  const api = 'from "@esnas/core/plugin";';
  const space = `import { defineSpace } ${api} export const a = defineSpace({ summary: "s", create: () => {}, name:`;
  test.each([
    ["that is not there", "missing.mjs", undefined, /cannot read ".*missing\.mjs": there is no such file/],
    ["that is TypeScript", "plugin.ts", "", /plugin "plugin\.ts" is no JavaScript module/],
    ["that throws", "throws.mjs", 'throw new Error("a\\nb");', /plugin "throws\.mjs": a b/],
    ["that is not JavaScript", "syntax.mjs", "import {", /plugin ".*syntax\.mjs"/],
    [
      "that exports nothing",
      "nothing.mjs",
      "export const three = 3;",
      /"nothing\.mjs": exports no metric, space or block/,
    ],
    ["that imports what is not there", "import.mjs", 'import "./nowhere.mjs";', /cannot read ".*nowhere\.mjs"/],
    ["that takes a name", "taken.mjs", `${space} "hybrid" });`, /"taken\.mjs": there is a space "hybrid" already/],
    ["whose name is none", "name.mjs", `${space} "My Space" });`, /invalid name "My Space" of a space/],
    [
      "that is not complete",
      "part-of.mjs",
      'export const b = { kind: "a/b", build() {} };',
      /the block .* as "b": "title" is missing/,
    ],
    [
      "that imports all of core",
      "core.mjs",
      'import { z } from "@esnas/core/internal";',
      /import from "@esnas\/core\/plugin"/,
    ],
  ])("%s", async (_, name, text, message) => {
    if (text !== undefined) written(name, text);
    await expectRefusal(cwd, ["score", "--plugin", name, "--model", "resnet18"], message);
  });

  test("that is given twice", async () => {
    await expectRefusal(cwd, ["score", ...SPACE, ...SPACE, "--model", "resnet18"], /are the same/);
  });

  test("by commands that take none", async () => {
    await expectRefusal(cwd, ["models", ...SPACE], /unknown option '--plugin'/);
  });
});
