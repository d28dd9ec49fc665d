/** @file Written by scripts/version.js: the version of the workspace, in its package.json, is the source. */

export const version = "0.1.0";
