/** @file Runs that cannot be gone on with: one line, exit code 2, and the study as it was. */

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { alterStudy, expectRefusal, REPOSITORY, stdoutOf, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
const finished = join(cwd, "finished");

beforeAll(() => stdoutOf(cwd, ..."search --max-evaluations 40 --out finished".split(" ")));

/** A folder of its own with a copy of the run. */
function copyOfRun(): string {
  const place = temporaryFolder();
  cpSync(finished, join(place, "run"), { recursive: true });
  return place;
}

const study = (place: string) => join(place, "run/study.sqlite");

const RESUME = ["search", "--resume", "run"];

describe("a file in the place of the study", () => {
  const bytes = () => readFileSync(join(finished, "study.sqlite"));
  const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i * 31 + 7) % 251);

  test.for<[what: string, content: () => Uint8Array, reason: RegExp]>([
    ["empty", () => new Uint8Array(), /is no study of esnas/],
    ["random bytes", () => noise(8192), /file is not a database/],
    ["truncated to half", () => bytes().subarray(0, bytes().length / 2), /malformed|is corrupt/],
    ["truncated within a page", () => bytes().subarray(0, 10_000), /malformed|is corrupt|no such table/],
    [
      "with noise in its pages",
      () => Buffer.concat([bytes().subarray(0, 4096), noise(bytes().length - 4096)]),
      /corrupt|malformed/,
    ],
  ])("is refused: %s", async ([, content, reason]) => {
    const place = copyOfRun();
    writeFileSync(study(place), content());
    await expectRefusal(place, RESUME, reason);
  });

  test("is refused: a folder", async () => {
    const place = copyOfRun();
    rmSync(study(place));
    mkdirSync(study(place));
    await expectRefusal(place, RESUME, /unable to open/i);
  });

  test("is refused: none", async () => {
    const place = copyOfRun();
    rmSync(study(place));
    await expectRefusal(place, RESUME, /"run" is not the folder of a run: it holds no study\.sqlite/);
  });
});

describe("a study that was altered is refused, as it is no history of this program:", () => {
  const otherGenotype = `(SELECT genotype FROM candidates WHERE id = 7)`;

  test.for<[what: string, sql: string, reason: RegExp]>([
    ["of another application", "PRAGMA application_id = 42", /is no study of esnas/],
    ["of tables of a later version", "PRAGMA user_version = 2", /tables of version 2; this program reads version 1/],
    [
      "of another version of the program",
      "UPDATE study SET value = '0.0.1' WHERE key = 'version'",
      /made by esnas 0\.0\.1/,
    ],
    ["without a version", "DELETE FROM study WHERE key = 'version'", /made by esnas/],
    ["with settings that are no JSON", "UPDATE study SET value = '{' WHERE key = 'settings'", /settings/],
    [
      "with settings of another form",
      "UPDATE study SET value = json_set(value, '$.cycles', -1) WHERE key = 'settings'",
      /settings/,
    ],
    [
      "with an unknown space",
      "UPDATE study SET value = json_set(value, '$.space', 'x') WHERE key = 'settings'",
      /unknown space "x"/,
    ],
    [
      "with an unknown metric",
      "UPDATE study SET value = json_set(value, '$.sizeMetric', 'x') WHERE key = 'settings'",
      /unknown metric "x"/,
    ],
    [
      "with another seed",
      "UPDATE study SET value = json_set(value, '$.seed', 5) WHERE key = 'settings'",
      /history was changed.*evaluation 1 /,
    ],
    ["without its table of candidates", "DROP TABLE timings; DROP TABLE candidates", /other tables than this program/],
    [
      "with a view that never ends",
      `ALTER TABLE candidates RENAME TO c; CREATE VIEW candidates AS
        WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT n.id, phase, cycle, genotype, scores,
        parameters, macs FROM n, c`,
      /other tables than this program/,
    ],
    [
      "with settings that are not UTF-8",
      "UPDATE study SET value = CAST(x'ff' AS TEXT) WHERE key = 'settings'",
      /UTF-8/,
    ],
    ["with a version that is not UTF-8", "UPDATE study SET value = CAST(x'ff' AS TEXT) WHERE key = 'version'", /UTF-8/],
    ["a genotype that is not UTF-8", "UPDATE candidates SET genotype = CAST(x'ff' AS TEXT) WHERE id = 3", /UTF-8/],
    ["a phase that is not UTF-8", "UPDATE candidates SET phase = CAST(x'ff' AS TEXT) WHERE id = 40", /UTF-8/],
    ["text after a zero", "UPDATE candidates SET genotype = genotype || char(0) || 'x' WHERE id = 3", /UTF-8/],
    ["numbers of candidates", "UPDATE candidates SET id = id + 1 WHERE id = 40", /history was changed.*evaluation 40 /],
    ["a candidate before the first", "UPDATE candidates SET id = -1 WHERE id = 40", /history was changed/],
    [
      "a genotype",
      `UPDATE candidates SET genotype = ${otherGenotype} WHERE id = 20`,
      /history was changed.*evaluation 20 /,
    ],
    [
      "a genotype that is no JSON",
      "UPDATE candidates SET genotype = 'x' WHERE id = 3",
      /history was changed.*evaluation 3 /,
    ],
    ["a phase", "UPDATE candidates SET phase = 'size' WHERE id = 1", /history was changed.*evaluation 1 /],
    ["a cycle", "UPDATE candidates SET cycle = 9 WHERE id = 40", /history was changed.*evaluation 40 /],
    [
      "scores that are texts",
      `UPDATE candidates SET scores = '{"entropic-score":"8"}' WHERE id = 2`,
      /candidate 2 is not/,
    ],
    [
      "scores of another metric",
      `UPDATE candidates SET scores = '{"macs":8}' WHERE id = 2`,
      /history was changed.*evaluation 2 /,
    ],
    ["a candidate less", "DELETE FROM candidates WHERE id = 5", /history was changed.*evaluation 5 /],
    [
      "a candidate more",
      "INSERT INTO candidates SELECT 41, phase, cycle, genotype, scores, parameters, macs FROM candidates WHERE id = 40",
      /history was changed.*after evaluation 40/,
    ],
  ])("%s", async ([, sql, reason]) => {
    const place = copyOfRun();
    alterStudy(join(place, "run"), sql);
    await expectRefusal(place, RESUME, reason);
  });
});

test("a journal beside a study that names a file does not have it removed", async () => {
  const place = copyOfRun();
  const precious = join(place, "precious");
  writeFileSync(precious, "");
  const magic = Buffer.from("d9d505f920a163d7", "hex");
  const header = Buffer.alloc(512);
  magic.copy(header);
  for (const [i, value] of [0, 1, readFileSync(study(place)).length / 4096, 512, 4096].entries()) {
    header.writeUInt32BE(value, 8 + 4 * i);
  }
  const name = Buffer.from(precious);
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(2 ** 30 / 4096 + 1, 0);
  numbers.writeUInt32BE(name.length, 4);
  numbers.writeUInt32BE(
    name.reduce((sum, byte) => sum + byte, 0),
    8,
  );
  const journal = Buffer.concat([header, numbers.subarray(0, 4), name, numbers.subarray(4), magic]);
  for (const file of [`${study(place)}-journal`, `${study(place)}-lock-journal`]) {
    writeFileSync(file, journal);
    await expectRefusal(place, RESUME, /is a journal of several databases/);
    rmSync(file);
  }
});

test("databases are opened in one place, and read in one way", () => {
  const source = join(REPOSITORY, "packages/cli/src");
  const files = (readdirSync(source, { recursive: true }) as string[]).filter((path) => path.endsWith(".ts"));
  const having = (pattern: RegExp) => files.filter((path) => pattern.test(readFileSync(join(source, path), "utf8")));
  expect(having(/from "libsql"/)).toEqual([join("files", "database.ts")]);
  expect(having(/\.prepare\([^)]*SELECT (?!\?)/)).toEqual([join("files", "database.ts")]);
});

describe("a finished or a begun run", () => {
  test.for([
    ["--seed", "3"],
    ["--max-evaluations", "50"],
  ])("is not resumed with other flags: %s", ([flag = "", value = ""]) =>
    expectRefusal(cwd, ["search", "--resume", "finished", flag, value], new RegExp(`takes no ${flag}`)),
  );

  test("is not begun again in the same folder", () =>
    expectRefusal(cwd, ["search", "--max-evaluations", "40", "--out", "finished"], /exists already.*--resume/));
});
