/** @file ONNX Runtime's packages tell their makers of models; the program does not let them, and leaves nothing of it behind. */

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { esnasWith, temporaryFolder } from "./esnas.js";

/** The environment without what would keep ONNX Runtime silent by itself. */
function talkative(changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const silencing = new Set(["CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"]);
  const rest = Object.entries(process.env).filter(([name]) => !silencing.has(name));
  return { ...Object.fromEntries(rest), ...changes };
}

test.each([
  { where: "the program itself", args: ["score", "--model", "shufflenet_v2_x0_5", "--metrics", "entropic-score"] },
  {
    where: "its workers",
    args: ["search", "--max-params", "300k", "--max-evaluations", "6", "--out", "run", "--workers", "1"],
  },
])("neither the home nor the temporary folder holds anything of ONNX Runtime's after a run in $where", async (run) => {
  const folder = temporaryFolder();
  const [home, temporary] = [join(folder, "home"), join(folder, "temporary")];
  mkdirSync(home);
  mkdirSync(temporary);
  const { code, stderr } = await esnasWith(folder, talkative({ HOME: home, TMPDIR: temporary }), ...run.args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect([...readdirSync(home), ...readdirSync(temporary)]).toEqual([]);
});
