/** @file `esnas studio`: the page in which networks are designed, with runs of the command line in it. */

import { existsSync, statSync } from "node:fs";
import { InputError } from "@esnas/core/internal";
import { Command, Option } from "commander";
import { onPath } from "../files/files.js";
import { whole } from "../flags/options.js";
import { print, tell } from "../report/print.js";
import { ServedRuns } from "../studio/served-runs.js";
import { serveStudio } from "../studio/server.js";

const DEFAULT_FOLDER = "runs";
const DEFAULT_PORT = 4816;

export function studioCommand(): Command {
  return new Command("studio")
    .description("open the studio, a page to design networks in, with runs in it")
    .argument("[folders...]", `folders of runs, with folders of runs in them, or of sweeps (${DEFAULT_FOLDER})`)
    .addOption(
      new Option("--port <n>", "port on this machine; 0 for any that is free")
        .argParser(whole("--port", 0, 65_535))
        .default(DEFAULT_PORT),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ esnas studio                       the page, and the runs in ${DEFAULT_FOLDER}/
  $ esnas studio runs/s0-seed0         a search that is under way in another terminal shows live
  $ esnas studio --port 0              on any port that is free`,
    )
    .action(async (folders: readonly string[], { port }: { readonly port: number }) => {
      for (const folder of folders) {
        const isFolder = onPath("open the folder", folder, () => statSync(folder)).isDirectory();
        if (!isFolder) throw new InputError(`cannot open "${folder}": it is no folder`);
      }
      const named = folders.length > 0 ? folders : existsSync(DEFAULT_FOLDER) ? [DEFAULT_FOLDER] : [];
      const server = await serveStudio(new ServedRuns(named), port);
      print(server.address);
      tell("the studio runs until Ctrl-C");
      await interrupted();
      await server.close();
    });
}

function interrupted(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop());
  });
}
