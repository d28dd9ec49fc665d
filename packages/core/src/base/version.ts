/** @file Written by scripts/version.js: the version of the workspace, in its package.json, is the source. */

/** The version of this package. */
export const version = "0.1.0";
