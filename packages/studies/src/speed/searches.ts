/** @file Candidates a second of real searches: `esnas search` in a process of its own, with its study and all its files. */

import { type Measurement, measurementOf } from "./measurement.js";
import { searched } from "./program.js";

interface SearchCase {
  readonly name: string;
  readonly args: readonly string[];
  readonly phases: readonly ("topology" | "size")[];
}

/** One cycle of 5,000 topologies and 55,000 sizes. */
const LONG = ["--max-evaluations", "60000", "--cycles", "1"];

const cases: readonly SearchCase[] = [
  { name: "S0 by default", args: ["--preset", "s0"], phases: ["topology", "size"] },
  { name: "S0", args: ["--preset", "s0", ...LONG], phases: ["topology", "size"] },
  { name: "S2", args: ["--preset", "s2", ...LONG], phases: ["topology"] },
  {
    name: "S0 at 256",
    args: ["--preset", "s0", ...LONG, "--topology-metric", "entropic-score(resolution=256)"],
    phases: ["topology"],
  },
];

const REPEATS = 1;

/** @param progress Is told what is measured. */
export async function searches(workers: readonly number[], progress: (what: string) => void): Promise<Measurement[]> {
  const rates = new Map<string, number[]>();
  const memory = new Map<string, number[]>();
  const busy = new Map<string, number[]>();
  const note = (to: Map<string, number[]>, name: string, value: number) =>
    to.set(name, [...(to.get(name) ?? []), value]);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const { name, args, phases } of cases) {
      for (const count of workers) {
        const with_ = `${count} ${count === 1 ? "worker" : "workers"}`;
        progress(`search of ${name}, ${with_}, ${repeat + 1} of ${REPEATS}`);
        const { evaluations, seconds, memory: used } = await searched([...args, "--workers", String(count)]);
        for (const phase of phases) {
          note(rates, `search: ${name}, ${phase} phase, ${with_}`, (evaluations[phase] ?? 0) / (seconds[phase] ?? 0));
        }
        if (used.childrensSeconds > 0) {
          const share = used.childrensSeconds / (count * (seconds.topology ?? 0));
          note(busy, `search: ${name}, topology phase, share of its time that workers compute, ${with_}`, share);
        }
        if (used.peak > 0) note(memory, `search: ${name}, peak memory, ${with_}`, used.peak / 2 ** 20);
      }
    }
  }
  return [
    ...[...rates].map(([name, values]) => measurementOf(name, "candidates/s", values)),
    ...[...busy].map(([name, values]) => measurementOf(name, "ratio", values)),
    ...[...memory].map(([name, values]) => measurementOf(name, "MiB", values)),
  ];
}
