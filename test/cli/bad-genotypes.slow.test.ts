/** @file Files that are no genotype, by accident or on purpose: one line, exit code 2, and nothing touched. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hybridSpace, sample, seededRandom, toJson } from "@esnas/core/internal";
import { describe, expect, test } from "vitest";
import { expectRefusal, stdoutOf, temporaryFolder } from "./esnas.js";

const space = hybridSpace();
const genotype = toJson(space, sample(space, seededRandom(0)));
const text = JSON.stringify(genotype);

/** Lists in lists, deeper than a recursive program's stack. */
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

/** The text of the genotype with the value at a path replaced by the text of another. */
function withValue(path: string, value: string): string {
  const changed: unknown = structuredClone(genotype);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = changed as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = "the place of the value";
  return JSON.stringify(changed).replace('"the place of the value"', () => value);
}

function withOptions(options: unknown): string {
  return JSON.stringify({ ...genotype, options });
}

const widest = { depth: [1], width: [4096], expansion: [16], kernel: [31], qkvDim: [], kinds: ["ibn"], ffns: ["ibn"] };
const widestGenes = { depth: 1, width: 4096, expansion: 16, kernel: 31, blocks: [{ kind: "ibn" }] };

const files: Readonly<Record<string, readonly [content: string | Uint8Array, reason: RegExp]>> = {
  "an empty file": ["", /is not JSON/],
  "a text": ["hello\nworld\n", /is not JSON/],
  "a text with commands for the terminal": ["\u001b[2J\u001b]0;owned\u0007\r\n{", /is not JSON/],
  "a truncated genotype": [text.slice(0, text.length / 2), /is not JSON/],
  "a genotype of an unknown space": [withValue("space", '"hybird"'), /unknown space "hybird"\. Did you mean "hybrid"/],
  "a genotype of a space with a name of a megabyte": [withValue("space", `"${"x".repeat(2 ** 20)}"`), /unknown space/],
  "a genotype of another version": [withValue("version", "2"), /version 2 .*reads version 1/],
  "a genotype with a text for a depth": [
    withValue("stages.0.depth", '"2"'),
    /"stages\.0\.depth" was given "2"; it takes 1, 2/,
  ],
  "a depth of 10^9": [withValue("stages.1.depth", "1000000000"), /"stages\.1\.depth" was given 1000000000/],
  "an unknown block": [withValue("stages.2.blocks.0.kind", '"rnn"'), /"stages\.2\.blocks\.0\.kind" was given "rnn"/],
  "stages that are lists": [withValue("stages", deep), /"stages/],
  "a missing gene": [
    JSON.stringify(genotype, (key, value) => (key === "width" ? undefined : value)),
    /width" is missing/,
  ],
  "an extra gene": [withValue("stages.0.colour", '"red"'), /"stages\.0" has "colour", which is not known/],
  "50,000 extra genes": [
    JSON.stringify({ ...genotype, ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`gene${i}`, i])) }),
    /and 49997 more/,
  ],
  "__proto__ beside the genes": [
    text.replace("{", '{"__proto__":{"space":"hybrid"},'),
    /"__proto__", which is not known/,
  ],
  "__proto__ in a stage": [
    text.replace('"stages":[{', '"stages":[{"__proto__":{"depth":1},'),
    /"stages\.0" has "__proto__"/,
  ],
  "__proto__ in the options": [
    text.replace("{", '{"options":{"__proto__":{"classes":2}},'),
    /"__proto__", which is not/,
  ],
  "constructor beside the genes": [
    text.replace("{", '{"constructor":{"prototype":{"depth":1}},'),
    /"constructor", which is not known/,
  ],
  "lists 100,000 deep": [deep, /not a genotype/],
  "options that are lists 100,000 deep": [text.replace("{", `{"options":${deep},`), /"options"/],
  "an option that is lists 100,000 deep": [text.replace("{", `{"options":{"stages":${deep}},`), /"stages/],
  "an unknown option that is lists 100,000 deep": [text.replace("{", `{"options":{"more":${deep}},`), /"more"/],
  "a file of 10 MB": [text + " ".repeat(10 * 2 ** 20), /more than 4 MiB/],
  "options for images smaller than the stem": [
    withOptions({ input: [3, 2, 2] }),
    /kernel is larger than the padded input/,
  ],
  "options for images of 10^9 pixels": [withOptions({ input: [3, 1e9, 1e9] }), /"input\.1" has .*out of range/],
  "options with widths of 10^9": [withOptions({ stages: [{ ...widest, width: [1e9] }] }), /"stages\.0\.width\.0"/],
  "options with a depth of 10^9": [withOptions({ stages: [{ ...widest, depth: [1e9] }] }), /"stages\.0\.depth\.0"/],
  "options with 10^4 stages": [withOptions({ stages: Array(1e4).fill(widest) }), /"stages" has a length/],
  "options with negative heads": [withOptions({ heads: -4 }), /"heads"/],
  "a model that no file can hold": [
    JSON.stringify({
      space: "hybrid",
      version: 1,
      options: { stages: [widest, widest, widest, widest] },
      stages: [widestGenes, widestGenes, widestGenes, widestGenes],
    }),
    /a model of .* parameters is too large/,
  ],
};

const cwd = temporaryFolder();
writeFileSync(join(cwd, "genotype.json"), text);
mkdirSync(join(cwd, "folder"));

/** All commands that read a genotype, in turn. */
const commands = [
  (file: string) => ["describe", file],
  (file: string) => ["score", file, "--metrics", "macs", "--csv", "scores.csv"],
  (file: string) => ["export", file, "--onnx", "model.onnx", "--svg", "figure.svg"],
] as const;

describe("a file that is no genotype is refused:", () => {
  test.for(Object.entries(files).map(([what, file], i) => [what, file, i] as const))("%s", async ([, file, i]) => {
    const [content, reason] = file;
    const place = join(cwd, String(i));
    mkdirSync(place);
    writeFileSync(join(place, "it.json"), content);
    await expectRefusal(place, (commands[i % commands.length] ?? commands[0])("it.json"), reason);
  });

  test.for([
    ["nothing.json", /there is no such file or folder/],
    [
      "folder",
      /cannot read "folder\/architecture\.json": there is no such file or folder; a run has it when it has ended/,
    ],
    ["genotype.json/more", /a part of the path is no folder/],
    ["/dev/zero", /it is no file/],
    ["/dev/null", /it is no file/],
  ] as const)("the path %s", async ([path, reason]) => {
    for (const command of commands.slice(0, 2)) await expectRefusal(cwd, command(path), reason);
  });
});

describe("a genotype that an editor has marked as UTF-8", () => {
  test("is read as without the mark", async () => {
    writeFileSync(join(cwd, "marked.json"), `\uFEFF${text}`);
    expect(await stdoutOf(cwd, "describe", "marked.json")).toBe(await stdoutOf(cwd, "describe", "genotype.json"));
  });
});

describe("a genotype with unusual but sound options", () => {
  test("of a large image and no stem is described and scored", async () => {
    writeFileSync(join(cwd, "large.json"), withOptions({ input: [3, 4096, 4096], stem: 1 }));
    expect(await stdoutOf(cwd, "describe", "large.json")).toContain("4096 x 4096");
    const metrics = "entropic-score,logsynflow,peak-memory";
    const printed = await stdoutOf(cwd, "score", "large.json", "--metrics", metrics, "--json");
    const score = expect.any(Number);
    expect(JSON.parse(printed)).toEqual({
      scores: { "entropic-score": score, logsynflow: score, "peak-memory": score },
    });
  });
});
