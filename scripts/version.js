/**
 * @file `npm run version:set -- 0.2.0`: gives the workspace a version. package.json of the workspace is the source; the published
 * packages, core's own constant, the citation and the lock file follow from it. Without a version they are written again; `--check` fails where one differs.
 */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const source = "package.json";

/** Where the version stands, each with what is around it. */
const places = {
  [source]: /(?<=^ {2}"version": ")[^"]+/m,
  "packages/core/package.json": /(?<=^ {2}"version": ")[^"]+/m,
  "packages/cli/package.json": /(?<=^ {2}"version": ")[^"]+/m,
  "CITATION.cff": /(?<=^version: ).+/m,
  "packages/core/src/base/version.ts": /(?<=^export const version = ")[^"]+/m,
};

function versionAt(place) {
  const found = readFileSync(join(root, place), "utf8").match(places[place])?.[0];
  if (found === undefined) throw new Error(`${place} has no version`);
  return found;
}

function write(version) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`"${version}" is no version such as 1.2.3`);
  for (const [place, pattern] of Object.entries(places)) {
    const path = join(root, place);
    writeFileSync(path, readFileSync(path, "utf8").replace(pattern, version));
  }
  const shell = process.platform === "win32";
  execFileSync("npm", ["install", "--package-lock-only"], { cwd: root, stdio: "inherit", shell });
}

function check() {
  const version = versionAt(source);
  const wrong = Object.keys(places).filter((place) => versionAt(place) !== version);
  if (wrong.length > 0) throw new Error(`not ${version}, run npm run version:set: ${wrong.join(", ")}`);
}

const [asked] = process.argv.slice(2);
if (asked === "--check") check();
else write(asked ?? versionAt(source));
