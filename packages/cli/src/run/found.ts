/** @file How the network in a folder was found, as the summary of its run says. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readInputText } from "../files/input-file.js";
import { SUMMARY_FILE } from "./run-folder.js";

const bounds = z.object({ min: z.number().optional(), max: z.number().optional() });

/** Bytes; summaries of the largest fronts have some MiB. */
const LARGEST_SUMMARY = 2 ** 26;

const found = z.looseObject({ command: z.string(), constraints: z.record(z.string(), bounds) });

/** The command line and the bounds of a search. */
export type FoundBy = Pick<z.output<typeof found>, "command" | "constraints">;

/** How the network of a path was found; undefined where that is no folder of a run that has ended. */
export function searchOfRun(path: string | undefined): FoundBy | undefined {
  const file = join(path ?? "", SUMMARY_FILE);
  if (path === undefined || !existsSync(file)) return undefined;
  const text = readInputText(file, LARGEST_SUMMARY, "is no summary of a run: it has more than 64 MiB");
  const summary = found.safeParse(jsonOf(text));
  return summary.success ? summary.data : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
