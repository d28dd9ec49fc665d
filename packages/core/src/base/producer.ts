/** @file The name and the version of this program, as the files that it writes have them. */

import { version } from "./version.js";

export const PRODUCER = { name: "esnas", version } as const;
