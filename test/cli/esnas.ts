/** @file Runs the built command line as a user does, and looks at what it leaves in a folder. */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Database from "libsql";
import { afterAll, expect } from "vitest";

export const REPOSITORY = resolve(import.meta.dirname, "../..");
const PROGRAM = join(REPOSITORY, "packages/cli/bin/esnas.js");

export const RUN_FILES = ["README.md", "architecture.json", "figure.svg", "model.onnx", "study.sqlite", "summary.json"];

export interface Ended {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a program and gathers what it prints. */
export function startProgram(program: string, args: readonly string[], cwd: string, env = process.env): Started {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text;
  });
  const ended = new Promise<Ended>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, ...printed }));
  });
  return { child, ended };
}

export function start(cwd: string, ...args: readonly string[]): Started {
  return startProgram(process.execPath, [PROGRAM, ...args], cwd);
}

/** Starts a command line with further variables in its environment. */
export function startWith(cwd: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Started {
  return startProgram(process.execPath, [PROGRAM, ...args], cwd, { ...process.env, ...env });
}

export function esnas(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return start(cwd, ...args).ended;
}

/** Runs a command line in an environment of its own. */
export function esnasWith(cwd: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ended> {
  return startProgram(process.execPath, [PROGRAM, ...args], cwd, env).ended;
}

/** Runs a command line that has to end well, and gives its standard output. */
export async function stdoutOf(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await esnas(cwd, ...args);
  expect({ code, stderr }, `esnas ${args.join(" ")}`).toMatchObject({ code: 0 });
  return stdout;
}

const temporaryFolders: string[] = [];
afterAll(() => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed when the tests of the file have ended. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "esnas-test-")));
  temporaryFolders.push(folder);
  return folder;
}

/** Everything below a folder: paths, and hashes of what is in the files. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const paths = (readdirSync(folder, { recursive: true }) as string[]).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const whole = join(folder, path);
      const entry = lstatSync(whole);
      if (entry.isDirectory()) return [path, "folder"];
      if (entry.isSymbolicLink()) return [path, `link to ${readlinkSync(whole)}`];
      return [path, createHash("sha256").update(readFileSync(whole)).digest("hex")];
    }),
  );
}

/** Runs a command line that has to be refused: exit code 2, one line that says why, and nothing touched. */
export async function expectRefusal(cwd: string, args: readonly string[], reason: RegExp): Promise<void> {
  const before = contentsOf(cwd);
  const { code, stdout, stderr } = await esnas(cwd, ...args);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^esnas: .+\n$/) });
  expect(stderr).toMatch(reason);
  expect(stderr.length).toBeLessThan(1100);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is quoted of a hostile file must not reach the terminal
  expect(stderr.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f]/);
  expect(stderr).not.toMatch(/\.js:\d+|node:internal/);
  expect(contentsOf(cwd)).toEqual(before);
}

export function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

/** All rows of a query on the study in the folder of a run. */
export function query(folder: string, sql: string): Record<string, unknown>[] {
  const db = new Database(join(folder, "study.sqlite"));
  try {
    return db.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}

/** The rows that two runs of one seed share. */
export function candidatesOf(folder: string): Record<string, unknown>[] {
  return query(folder, "SELECT * FROM candidates ORDER BY id");
}

/** Changes a study behind the program's back. */
export function alterStudy(folder: string, sql: string): void {
  const db = new Database(join(folder, "study.sqlite"));
  db.exec("PRAGMA foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

/** The folder of a run without its study and its times: what a run of the same seed has as well. */
export function resultOf(folder: string): unknown {
  const { "study.sqlite": _study, "summary.json": _summary, ...files } = contentsOf(folder);
  const { seconds: _seconds, speed: _speed, ...summary } = readJson(folder, "summary.json") as Record<string, unknown>;
  return { files, summary };
}

/** Whether a process has not ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
