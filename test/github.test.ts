/** @file What a host of the repository reads: workflows, issue forms, the citation, the changelog. They cannot run here, so they are checked. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { REPOSITORY, readJson, temporaryFolder } from "./cli/esnas.js";

const WORKFLOWS = join(REPOSITORY, ".github/workflows");
const FORMS = join(REPOSITORY, ".github/ISSUE_TEMPLATE");
const read = (...path: readonly string[]) => readFileSync(join(...path), "utf8");

function lint(...files: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(REPOSITORY, "scripts/lint-workflows.js"), ...files],
    { encoding: "utf8" },
  );
  return { status, text: stdout + stderr };
}

/** The parts of an issue form that GitHub asks for: https://docs.github.com/en/communities, "Syntax for GitHub's form schema". */
const field = z.strictObject({
  type: z.enum(["textarea", "input"]),
  id: z.string().regex(/^[\w-]+$/),
  attributes: z.strictObject({
    label: z.string().min(1),
    description: z.string().optional(),
    placeholder: z.string().optional(),
    render: z.string().optional(),
  }),
  validations: z.strictObject({ required: z.boolean() }).optional(),
});
const form = z.strictObject({
  name: z.string().min(3),
  description: z.string().min(3),
  labels: z.array(z.string()).optional(),
  body: z
    .array(field)
    .min(1)
    .refine((fields) => new Set(fields.map(({ id }) => id)).size === fields.length, "ids are unique"),
});

describe("workflows", () => {
  const files = readdirSync(WORKFLOWS).map((name) => join(WORKFLOWS, name));

  test("pass actionlint", () => {
    expect(files.length).toBeGreaterThan(1);
    expect(lint(...files)).toEqual({ status: 0, text: "" });
  });

  test("do not pass it where they are wrong", () => {
    const file = join(temporaryFolder(), "wrong.yml");
    writeFileSync(file, read(WORKFLOWS, "ci.yml").replace("matrix.node }}", "matrix.nodes }}"));
    expect(lint(file)).toEqual({ status: 1, text: expect.stringMatching(/property "nodes" is not defined/) });
  });

  test("test the releases of Node that the packages ask for, on three systems", () => {
    const { jobs } = parse(read(WORKFLOWS, "ci.yml")) as {
      readonly jobs: {
        readonly packages: { readonly strategy: { readonly matrix: Readonly<Record<string, string[]>> } };
      };
    };
    const { matrix } = jobs.packages.strategy;
    const { engines } = readJson(REPOSITORY, "packages/core/package.json") as {
      readonly engines: { readonly node: string };
    };
    expect(matrix.node).toEqual([engines.node.replace(">=", ""), "22", "24"]);
    expect(matrix.os?.map((os) => os.replace(/-.*/, ""))).toEqual(["ubuntu", "macos", "windows"]);
  });
});

test.each(readdirSync(FORMS).filter((name) => name !== "config.yml"))(
  "the issue form %s has the form of one",
  (name) => {
    expect(form.safeParse(parse(read(FORMS, name))).error?.issues).toBeUndefined();
  },
);

test("the citation names the paper and the software", () => {
  expect(parse(read(REPOSITORY, "CITATION.cff"))).toMatchObject({
    "cff-version": "1.2.0",
    title: "esnas",
    authors: [{ name: expect.any(String) }],
    "preferred-citation": { year: 2023, identifiers: [{ value: "arXiv:2310.04179" }] },
  });
});

test("the changelog begins with what is unreleased, under the headings of its form", () => {
  const headings = [...read(REPOSITORY, "CHANGELOG.md").matchAll(/^(##+) (.+)$/gm)].map(([, , text = ""]) => text);
  expect(headings[0]).toBe("[Unreleased]");
  const known =
    /^(\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d|Added|Changed|Deprecated|Removed|Fixed|Security)$/;
  expect(headings.filter((heading) => !known.test(heading))).toEqual([]);
});
