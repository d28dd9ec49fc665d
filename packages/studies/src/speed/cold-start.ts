/** @file Milliseconds from nothing to an answer: `esnas --version`, and the scores of one genotype. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJson } from "@esnas/core/internal";
import { withTemporaryFolder } from "../common/temporary-folder.js";
import { type Measurement, measurementOf } from "./measurement.js";
import { called } from "./program.js";
import { esformer } from "./subjects.js";

const REPEATS = 7;

export function coldStart(): Promise<Measurement[]> {
  return withTemporaryFolder(async (folder) => {
    const { space, genotype } = esformer("s0").surroundings;
    const path = join(folder, "genotype.json");
    writeFileSync(path, JSON.stringify(toJson(space, genotype)));
    const calls = [
      { name: "cold start: esnas --version", args: ["--version"], times: [] as number[] },
      {
        name: "cold start: esnas score of one genotype",
        args: ["score", path, "--metrics", "entropic-score,logsynflow"],
        times: [] as number[],
      },
    ];
    for (let repeat = -1; repeat < REPEATS; repeat++) {
      for (const { args, times } of calls) {
        const { milliseconds } = await called(args);
        // The first has files read from the disk.
        if (repeat >= 0) times.push(milliseconds);
      }
    }
    return calls.map(({ name, times }) => measurementOf(name, "ms", times));
  });
}
