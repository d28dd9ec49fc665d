/** @file The name and the version of this program, as the files that it writes have them. */

export const PRODUCER = { name: "esnas", version: "0.1.0" } as const;
