/** @file The version of the program, and its exit codes. */

import { createRequire } from "node:module";

export const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export const EXIT = { done: 0, defect: 1, badInput: 2, stopped: 130 } as const;
