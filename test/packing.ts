/** @file Packs the published packages as a release does, from a clean copy of the repository, and lets package managers install them. */

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { REPOSITORY } from "./cli/esnas.js";

/** Programs of npm are scripts on Windows, which only a shell starts. */
export const shell = process.platform === "win32";

const MODULES = join(REPOSITORY, "node_modules");
const tool = (name: string) => join(MODULES, ".bin", name);

/** How a package manager adds packages to a folder without running their scripts, and runs a program of one. */
export const managers = {
  npm: { add: ["npm", "install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], exec: ["npx"] },
  pnpm: { add: [tool("pnpm"), "add", "--ignore-scripts", "--prefer-offline"], exec: [tool("pnpm"), "exec"] },
} as const;

export type Manager = keyof typeof managers;

/** Why nothing can be installed; undefined where a registry answers. */
export function missingRegistry(): string | undefined {
  const asked = spawnSync("npm", ["view", "libsql", "version"], { shell, timeout: 60_000 });
  return asked.status === 0 ? undefined : "npm reaches no registry";
}

/** Runs a command, and gives all that it prints; what fails is told with that. */
export function run(cwd: string, [program = "", ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, shell, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ends with ${status}:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Copies what is under version control, or would be, and links what is installed: packages of ours to the copy. */
function copyRepository(to: string): void {
  const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const deleted = new Set(filesOf(["ls-files", "-z", "--deleted"]));
  for (const path of filesOf(listed).filter((each) => !deleted.has(each))) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(join(REPOSITORY, path), join(to, path));
  }
  mkdirSync(join(to, "node_modules/@esnas"), { recursive: true });
  for (const name of readdirSync(MODULES)) {
    if (name === "esnas" || name === "@esnas" || name === ".cache") continue;
    symlinkSync(join(MODULES, name), join(to, "node_modules", name), "junction");
  }
  symlinkSync(join(to, "packages/cli"), join(to, "node_modules/esnas"), "junction");
  for (const name of ["core", "studio"]) {
    symlinkSync(join(to, "packages", name), join(to, "node_modules/@esnas", name), "junction");
  }
}

function filesOf(args: readonly string[]): string[] {
  const listed = execFileSync("git", args, { cwd: REPOSITORY, encoding: "utf8", maxBuffer: 2 ** 26 });
  return listed.split("\0").filter((path) => path !== "");
}

/** Packs both packages, and gives the paths of the archives. */
export function pack(folder: string): { readonly core: string; readonly cli: string } {
  const copy = join(folder, "copy");
  copyRepository(copy);
  run(copy, ["npm", "run", "pack", "--", "--pack-destination", folder]);
  const { version } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8")) as { readonly version: string };
  return { core: join(folder, `esnas-core-${version}.tgz`), cli: join(folder, `esnas-${version}.tgz`) };
}

/** Makes a folder with a package of its own, to which a package manager adds others. */
export function install(folder: string, manager: Manager, packages: readonly string[]): void {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  run(folder, [...managers[manager].add, ...packages]);
}
