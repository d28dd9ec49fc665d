/** @file `esnas` as a user calls it, in a process of its own. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { withTemporaryFolder } from "../common/temporary-folder.js";
import { type MemoryUsed, watchMemory } from "./memory.js";

const PROGRAM = fileURLToPath(new URL("../../../cli/bin/esnas.js", import.meta.url));

export interface Called {
  readonly printed: string;
  /** From the start of the process to its end. */
  readonly milliseconds: number;
  readonly memory: MemoryUsed;
}

/** @throws {Error} where it ends with another code than 0, with what it has said. */
export async function called(args: readonly string[]): Promise<Called> {
  const start = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill();
  process.once("exit", kill);
  const memory = watchMemory(child);
  const [printed, said] = [collected(child.stdout), collected(child.stderr)];
  const code = await new Promise((done, fail) => child.on("error", fail).on("close", done));
  process.off("exit", kill);
  const milliseconds = performance.now() - start;
  const used = memory.end();
  if (code !== 0) throw new Error(`esnas ${args.join(" ")} ended with ${code}: ${said()}`);
  return { printed: printed(), milliseconds, memory: used };
}

const summarySchema = z.object({
  evaluations: z.record(z.string(), z.number()),
  seconds: z.record(z.string(), z.number()),
});

export interface Searched extends z.output<typeof summarySchema> {
  readonly memory: MemoryUsed;
}

/**
 * Runs `esnas search` to its end, in a folder that is removed.
 * @param look Is given the run's folder before that.
 */
export function searched(args: readonly string[], look?: (folder: string) => void): Promise<Searched> {
  return withTemporaryFolder(async (folder) => {
    const run = join(folder, "run");
    const { printed, memory } = await called(["search", ...args, "--out", run, "--json"]);
    look?.(run);
    return { ...summarySchema.parse(JSON.parse(printed)), memory };
  });
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text;
}
