/** @file A digest of the code of core, which scores. In the bundle a constant stands in its place: what was bundled (bundle.js). */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export function coreDigest(): string {
  const folder = dirname(fileURLToPath(import.meta.resolve("@esnas/core")));
  const hash = createHash("sha256");
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".js"));
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 8);
}
