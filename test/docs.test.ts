/** @file What the docs point to is there: files, pictures, headings, the commands behind figures. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { REPOSITORY } from "./cli/esnas.js";

const pages = [
  "README.md",
  "CHANGELOG.md",
  "CODE_OF_CONDUCT.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "packages/cli/README.md",
  "packages/core/README.md",
  ...readdirSync(join(REPOSITORY, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];
const textOf = (page: string) => readFileSync(join(REPOSITORY, page), "utf8");

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("docs", () => {
  test.each(pages)("%s links to what is there", (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g)];
    const dead = links.filter(([, path = "", anchor]) => {
      const target = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(REPOSITORY, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });

  test("name studies and benches that there are", () => {
    const main = join(REPOSITORY, "packages/studies/dist/main.js");
    const help = execFileSync(process.execPath, [main, "--help"], { encoding: "utf8" });
    const known = [...help.matchAll(/^ {2}([a-z][\w-]+) /gm)].map(([, name]) => name);
    const named = pages.flatMap((page) => [...textOf(page).matchAll(/npm run (?:study|bench) -- ([a-z][\w-]*)/g)]);
    expect(named.length).toBeGreaterThan(20);
    expect(named.map(([, name]) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  test("name commands of the program that there are, with flags that they have", async () => {
    const { listedCommands } = await import("../packages/cli/src/commands/registry.js");
    const flagsOf = new Map<string, string[]>();
    for (const { name, load } of listedCommands) {
      const command = await load();
      for (const each of [command, ...command.commands]) {
        const words = each === command ? name : `${name} ${each.name()}`;
        flagsOf.set(words, ["--help", ...each.options.map(({ long }) => long ?? "")]);
      }
    }
    const lines = pages.flatMap((page) => [...textOf(page).matchAll(/npx esnas ([^#`\n]+)/g)]);
    const wrong = lines.filter(([, line = ""]) => {
      const [first = "", second = ""] = line.trim().split(/\s+/);
      const flags = flagsOf.get(`${first} ${second}`) ?? flagsOf.get(first);
      if (flags === undefined) return !line.startsWith("--");
      return [...line.matchAll(/(?<= )--[\w-]+/g)].some(([flag]) => !flags.includes(flag));
    });
    expect(lines.length).toBeGreaterThan(20);
    expect(wrong.map(([line]) => line)).toEqual([]);
  });
});
