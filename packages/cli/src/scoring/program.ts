/** @file Which program makes a score: its version, and a digest of the code that scores, plugins included. */

import { loadedPlugins } from "../plugins/plugins.js";
import { version } from "../version.js";
import { coreDigest } from "./core-digest.js";

/** Of each plugin's digest. */
const DIGITS = 8;

/** The program, and the plugins that it has loaded. */
export function programIdentity() {
  return { program: programName(), plugins: loadedPlugins().map(({ name, digest }) => ({ name, digest })) };
}

/**
 * `0.1.0+3f2a9c41`: scores of two programs of one name are interchangeable. Each plugin adds its digest, in whatever order they
 * are loaded: `0.1.0+3f2a9c41+07bd55e2`.
 */
export function programName(): string {
  const plugins = loadedPlugins().map(({ digest }) => digest.slice(0, DIGITS));
  return [`${version}+${coreDigest()}`, ...plugins.toSorted()].join("+");
}
