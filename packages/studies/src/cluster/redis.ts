/** @file A `redis-server` for a measurement, on a free port of the loopback interface, that keeps nothing. */

import { spawn } from "node:child_process";
import { InputError } from "@esnas/core/internal";
import { freePort } from "../common/free-port.js";
import { withTemporaryFolder } from "../common/temporary-folder.js";

/** @throws {InputError} where there is none to be started. */
export async function withRedis<T>(action: (url: string) => Promise<T>): Promise<T> {
  return await withTemporaryFolder(async (folder) => {
    const port = await freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await new Promise<void>((done, fail) => {
        child.on("error", () => fail(new InputError("no redis-server is installed (Debian: redis-server)")));
        child.stdout.on("data", (text: Buffer) => {
          if (text.toString().includes("Ready to accept connections")) done();
        });
      });
      return await action(`redis://127.0.0.1:${port}`);
    } finally {
      child.kill();
    }
  });
}
