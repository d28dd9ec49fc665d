/** @file Which program makes a score: its version, and a digest of the code that scores. */

import { version } from "../version.js";
import { coreDigest } from "./core-digest.js";

/** `0.1.0+3f2a9c41`: scores of two programs of one name are interchangeable. */
export function programName(): string {
  return `${version}+${coreDigest()}`;
}
