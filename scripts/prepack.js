/**
 * @file What `npm pack` and `npm publish` do first, in the folder of a package: build everything from nothing, so that no file of
 * yesterday is packed, and put the licence beside it. `.npmrc` switches scripts off: call npm with `--ignore-scripts=false`.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
for (const name of ["dist", "bundle", "page", "tsconfig.tsbuildinfo"]) rmSync(name, { recursive: true, force: true });
// What npm prints of a packed package is read by programs: the build may only use standard error.
execFileSync("npm", ["run", "--silent", "build:studio"], {
  cwd: root,
  // With any other, Vite builds a page for developers, with paths of this machine in it.
  env: { ...process.env, NODE_ENV: "production" },
  stdio: ["ignore", process.stderr, process.stderr],
  shell: process.platform === "win32",
});
copyFileSync(join(root, "LICENSE"), "LICENSE");
