/** @file The version of the program, its folder, and its exit codes. */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The folder of this package: the sources and the bundle have the same depth in it. */
export const packageFolder = fileURLToPath(new URL("..", import.meta.url));

export const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export const EXIT = { done: 0, defect: 1, badInput: 2, stopped: 130 } as const;
