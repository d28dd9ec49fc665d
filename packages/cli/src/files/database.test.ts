import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@esnas/core/internal";
import { afterAll, expect, test } from "vitest";
import { fromDatabase, openDatabase, selectValue } from "./database.js";

const folder = mkdtempSync(join(tmpdir(), "esnas-database-"));
afterAll(() => rmSync(folder, { recursive: true }));

function reading(path: string): unknown {
  return fromDatabase("read", path, () => {
    const db = openDatabase(path);
    try {
      return selectValue(db, "name", "FROM sqlite_schema");
    } finally {
      db.close();
    }
  });
}

test("what is no database, and what is no file, is told of as the user's", () => {
  const path = join(folder, "garbage.sqlite");
  writeFileSync(path, "no database, and longer than the header of one ".repeat(10));
  expect(() => reading(path)).toThrow(InputError);
  expect(() => reading(path)).toThrow(`cannot read "${path}" as an SQLite database: `);
  expect(() => reading(folder)).toThrow(InputError);
});

test("a defect of the program that reads a database is not told of as the user's", () => {
  const defect = new TypeError("undefined is no function");
  const act = () =>
    fromDatabase("read", "study.sqlite", () => {
      throw defect;
    });
  expect(act).toThrow(defect);
});
