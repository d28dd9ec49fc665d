/**
 * @file Which program makes a score: its version, and a digest of the code that scores. The program is bundled with the release of
 * core that its package.json names, whose files are the ones that are read here.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { version } from "../version.js";

/** `0.1.0+3f2a9c41`: scores of two programs of one name are interchangeable. */
export function programName(): string {
  const folder = dirname(fileURLToPath(import.meta.resolve("@esnas/core")));
  const hash = createHash("sha256");
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".js"));
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return `${version}+${hash.digest("hex").slice(0, 8)}`;
}
