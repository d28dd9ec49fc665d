/** @file Command lines that are refused: one line, exit code 2, and nothing touched. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { expectRefusal, temporaryFolder } from "./esnas.js";

const cwd = temporaryFolder();
writeFileSync(join(cwd, "file"), "of the user's");
mkdirSync(join(cwd, "folder"));
writeFileSync(join(cwd, "folder", "notes"), "of the user's");
symlinkSync("nowhere", join(cwd, "link"));

/** Processes or threads, one more than this machine has a use for. */
const tooMany = Math.max(16, 4 * availableParallelism()) + 1;

mkdirSync(join(cwd, "read-only"), { mode: 0o555 });

describe("names that are not known", () => {
  test.for<[line: string, reason: RegExp]>([
    ["serch", /unknown command 'serch' \(Did you mean search\?\)/],
    ["frobnicate --fast", /unknown command 'frobnicate'/],
    ["help frobnicate", /no such command/],
    ["search --max-parms 1M", /unknown option '--max-parms' \(Did you mean --max-params\?\)/],
    ["score --space hybird --random 2", /unknown space "hybird"\. Did you mean "hybrid"\? Known: hybrid/],
    ["score --model resnet81", /unknown model "resnet81"\. Did you mean "resnet18"\?/],
    ["search --preset s9", /unknown preset "s9".*Known: s0, s1, s2/],
    ["search --algorithm cycle", /unknown algorithm "cycle"\. Did you mean "cyclic"\?/],
    ["search --size-metric logsynflo", /unknown metric "logsynflo"\. Did you mean "logsynflow"\?/],
    ["score --space hybrid --random 2 --metrics entropic-score,magic", /unknown metric "magic".*Known: entropic-score/],
  ])("are refused: esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));
});

describe("values that are missing or malformed", () => {
  test.for<[line: string, reason: RegExp]>([
    ["search --out", /'--out <folder>' argument missing/],
    ["search --out --json", /--out takes a path, was given "--json"/],
    ["search --out=", /--out takes a path, was given none/],
    ["search --seed -1", /--seed takes a whole number from 0 to \d+, was given "-1"/],
    ["search --max-evaluations 0", /whole number from 1 to/],
    ["search --max-params lots", /"lots" is no amount.*1\.33M/],
    ["search --max-params 0", /"0" is no amount/],
    ["search --max-params 256kB", /"256kB" is no amount of parameters: write a positive number, .* such as 1\.33M/],
    ["search --max-memory 8ms", /"8ms" is no amount of memory: write positive bytes, .* such as 256kB/],
    ["search --max-latency 8kB", /"8kB" is no time: write positive milliseconds, .* such as 8ms/],
    ["search --max-params -3", /"-3" is no amount/],
    ["search --max-params 1.2.3M", /"1\.2\.3M" is no amount/],
    ["search --min-macs 1e400", /"1e400" is no amount/],
    ["search --front flops", /unknown cost "flops"\. Known: macs, parameters, latency/],
    ["search --front macs --points 1", /--points takes a whole number from 2 to 100/],
    ["search --points 4", /--points says how many budgets a front has: give --front too/],
    ["search --front latency", /a front of ms of predicted latency goes up to a bound on them: give that too/],
    ["search --repeats 0", /--repeats takes a whole number from 1 to 1000/],
    ["search --repeats 4 --rescore 4", /--rescore takes more random weights than the 4 .* was given 4/],
    ["search --recipe papier", /unknown recipe "papier"\. Did you mean "paper"\?/],
    ["search --training medium", /unknown training "medium"\. Known: long, short/],
    ["search --recipe paper --training short", /the paper's recipe is the same for any training/],
    [
      "search --training short --topology-metric naswot --size-metric macs",
      /--training chooses metrics, and both --topology-metric and --size-metric are given/,
    ],
    [
      "search --repeats 2 --topology-metric macs",
      /neither macs nor logsynflow\(normalisation=divide\) is scored with random weights/,
    ],
    ["search --workers 0", /--workers takes a whole number from 1 to \d+, was given "0"/],
    ...["search", "sweep", "worker", "analyze", "bench correlate", "bench picks", "bench search"].map(
      (command): [string, RegExp] => [
        `${command} --workers ${tooMany}`,
        new RegExp(`--workers takes a whole number from 1 to ${tooMany - 1}, was given "${tooMany}"`),
      ],
    ),
    [`latency file --threads ${tooMany}`, /--threads takes a whole number from 1 to \d+/],
    ["search surplus", /too many arguments/],
    ["score", /nothing to score/],
    ["score file --space hybrid --random 3", /not both/],
    ["describe", /give the folder of a run, the JSON file of a genotype, or --model NAME/],
    ["export --onnx model.onnx", /give the folder of a run, the JSON file of a genotype, or --model NAME/],
    ["describe file --model resnet18", /a genotype, or --model NAME, not both/],
    ["score --model resnet18 --space hybrid --random 3", /not both/],
    ["score --model resnet18 --max-params 1M", /bounds/],
    ["score file --metrics entropic-score(batch=many)", /batch.*Known: .*batch/],
    ["score file --metrics entropic-score(colour=red)", /colour/],
    ["score file --metrics entropic-score(batch)", /name\(option=value,\.\.\.\)/],
    ["score file --metrics macs,macs", /named twice/],
  ])("are refused: esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));
});

describe("budgets that no model keeps", () => {
  test.for<[line: string, reason: RegExp]>([
    [
      "--max-params 1k",
      /no model of the space "hybrid" has at most 1,000 parameters: its smallest model has 79,200 parameters, 49,000 of them in the 1000-class head; try --classes$/m,
    ],
    [
      "--preset s0 --max-macs 1M",
      /at most 1,000,000 MACs: its smallest model has [\d,]+ MACs, [\d,]+ of them in stages\.0 at 64 x 64; try a smaller --resolution$/m,
    ],
    ["--min-params 1G", /at least 1,000,000,000 parameters: its largest model has [\d,]+ parameters$/m],
    ["--min-params 2M --max-params 1M", /exclude each other/],
    ["--max-params 200k --min-macs 900M", /all constraints at once/],
    [
      "--front parameters --max-params 10k",
      /its smallest model has 79,200 parameters, .* \(at a budget of 625 parameters, one of 8\)/,
    ],
    ["--front macs --min-macs 2G --max-macs 1G", /no 8 budgets from 2000000000 to 1000000000 MACs/],
  ])("are refused before anything is made: esnas search %s", ([flags, reason]) =>
    expectRefusal(cwd, ["search", "--out", "run", ...flags.split(" ")], reason),
  );

  test("are refused without a folder for runs", () =>
    expectRefusal(cwd, ["search", "--max-params", "200k", "--min-macs", "900M"], /all constraints at once/));
});

describe("places that cannot be written to", () => {
  test.for<[line: string, reason: RegExp]>([
    ["search --out folder", /"folder" exists already; choose another --out, or go on with it by --resume/],
    ["search --out file", /"file" exists already/],
    ["search --out link", /"link" exists already/],
    ["search --out .", /"\." exists already/],
    ["search --out file/run", /cannot make the folder "file\/run"/],
    [`search --out new/${"x".repeat(300)}`, /the name is too long/],
    ["search --resume folder", /"folder" is not the folder of a run/],
    ["search --resume nothing", /there is no such file or folder/],
    ["score --space hybrid --random 2 --metrics macs --csv file", /"file" exists already; give --force/],
    ["score --space hybrid --random 2 --metrics macs --csv folder --force", /it is no file/],
  ])("are refused: esnas %s", ([line, reason]) => expectRefusal(cwd, line.split(" "), reason));

  /** Nothing is forbidden to root. */
  const isRoot = process.getuid?.() === 0;
  test.skipIf(isRoot)("are refused: a folder without the permission to write", async () => {
    await expectRefusal(cwd, ["search", "--out", "read-only/run"], /no permission/);
    await expectRefusal(cwd, ["search", "--out", "read-only/some/run"], /no permission/);
    const scoring = "score --space hybrid --random 2 --metrics macs --csv read-only/scores.csv";
    await expectRefusal(cwd, scoring.split(" "), /no permission/);
  });
});
