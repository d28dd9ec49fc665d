/** @file `npm run bench -- against-pytorch`: the same candidates by ours and by PyTorch, eager, in turns, in one run. */

import { atResolution, esformerGenotype, type Genotype } from "@esnas/core/internal";
import { mean, median, sampleRankCorrelation } from "simple-statistics";
import { withTemporaryFolder } from "../common/temporary-folder.js";
import { hasPyTorch, PYTHON } from "../pytorch/cases.js";
import { type Measurement, measurementOf } from "../speed/measurement.js";
import { type OutputOptions, output, progress } from "../speed/output.js";
import { differences } from "./agreement.js";
import { sizePhase, topologyPhase } from "./candidates.js";
import { type Competitor, ours, pytorch, type Work } from "./competitors.js";
import { TorchProcess } from "./torch-process.js";

interface Contest {
  readonly name: string;
  readonly work: Work;
  readonly candidates: () => Promise<readonly Genotype[]> | readonly Genotype[];
  /** Candidates of one turn; PyTorch's are the first of them, as many as can be waited for. */
  readonly turn: number;
  readonly torchTurn: number;
}

const TURNS = 28;
/** Candidates that PyTorch scores before the first turn. Ours begin from nothing, as a search does. */
const WARM_UP = 16;
/** Of a topology phase, a turn: 5,040 in all. */
const TOPOLOGIES = 180;

/** Networks that are given the same weights. */
const SAME = 6;

function topology(name: string, work: Pick<Work, "preset" | "resolution">): Contest {
  const metric = `entropic-score(resolution=${work.resolution})`;
  const candidates = () => topologyPhase(work.preset, TOPOLOGIES * TURNS);
  return { name, work: { ...work, metric, kind: "entropy" }, candidates, turn: TOPOLOGIES, torchTurn: 8 };
}

const contests: readonly Contest[] = [
  topology("ES at 64, S0", { preset: "s0", resolution: 64 }),
  topology("ES at 64, S2", { preset: "s2", resolution: 64 }),
  topology("ES at 256, S0", { preset: "s0", resolution: 256 }),
  {
    name: "LogSynflow, S0",
    work: { preset: "s0", metric: "logsynflow", kind: "logsynflow", resolution: 256 },
    candidates: () => sizePhase("s0", 600 * TURNS),
    turn: 600,
    torchTurn: 2,
  },
];

export async function againstPyTorch(options: OutputOptions): Promise<void> {
  if (!hasPyTorch()) {
    progress(`nothing is measured: ${PYTHON} has no PyTorch (Debian: python3-torch, libopenblas0-pthread)`);
    return;
  }
  await output(options, () => withTemporaryFolder(measured));
}

async function measured(folder: string): Promise<Measurement[]> {
  const { torch, version } = await TorchProcess.start(1);
  await torch.close();
  progress(version);
  if (!version.includes("openblas")) progress("without OpenBLAS PyTorch is 5 to 20 times slower: libopenblas0-pthread");
  const measurements: Measurement[] = [];
  for (const contest of contests) {
    progress(contest.name);
    measurements.push(...(await timesOf(contest, folder)));
  }
  progress("the same weights");
  const { space } = esformerGenotype("s0");
  const topologies = (await topologyPhase("s0", SAME)).map((genotype) => atResolution(space.build(genotype), 64));
  const found = await differences(topologies, folder);
  return [...measurements, measurementOf("ES at 64, S0: same weights, relative difference", "ratio", found)];
}

/** Milliseconds a candidate and scores, by turn. */
interface Tally {
  readonly competitor: Competitor;
  readonly times: number[];
  readonly builds: number[];
  readonly scores: number[];
}

async function timesOf({ name, work, candidates, turn, torchTurn }: Contest, folder: string): Promise<Measurement[]> {
  const all = await candidates();
  const torch = (processes: number, threads: number) => pytorch(work, { processes, threads, folder });
  const competitors = [ours(work, 1), await torch(1, 1), ours(work, 2), await torch(1, 2), await torch(2, 1)];
  const records = competitors.map((competitor): Tally => ({ competitor, times: [], builds: [], scores: [] }));
  for (const competitor of competitors) if (!competitor.isOurs) await competitor.score(all.slice(0, WARM_UP));
  for (let round = 0; round < TURNS; round++) {
    const some = all.slice(round * turn, (round + 1) * turn);
    for (const { competitor, times, builds, scores } of records) {
      const own = competitor.isOurs ? some : some.slice(0, torchTurn);
      const scored = await competitor.score(own);
      times.push(scored.ms / own.length);
      if (scored.build !== undefined) builds.push(scored.build / own.length);
      scores.push(...scored.scores.slice(0, torchTurn));
    }
  }
  await Promise.all(competitors.map((competitor) => competitor.close()));
  return [
    ...records.map(({ competitor, times }) => measurementOf(`${name}: ${competitor.name}`, "ms", times)),
    ...records
      .filter(({ competitor }) => !competitor.isOurs)
      .map(({ competitor, builds }) => measurementOf(`${name}: ${competitor.name}, of it building`, "ms", builds)),
    ...[1, 2].flatMap((cores) => timesFaster(name, records, cores)),
    ...agreement(name, records),
  ];
}

/** PyTorch's time over ours on as many cores, of its ways to use them the fastest: turn by turn, and of all turns together. */
function timesFaster(name: string, records: readonly Tally[], cores: number): Measurement[] {
  const onCores = records.filter(({ competitor }) => competitor.cores === cores);
  const own = onCores.find(({ competitor }) => competitor.isOurs)?.times ?? [];
  const [best = []] = onCores
    .filter(({ competitor }) => !competitor.isOurs)
    .map(({ times }) => times)
    .toSorted((a, b) => median(a) - median(b));
  const ratios = own.map((ms, round) => (best[round] ?? Number.NaN) / ms);
  const what = `${name}: times as fast as PyTorch, ${cores} ${cores === 1 ? "core" : "cores"}`;
  return [
    measurementOf(what, "times", ratios),
    measurementOf(`${what}, of means over all`, "times", [mean(best) / mean(own)]),
  ];
}

/** PyTorch's weights are random numbers of its own. */
function agreement(name: string, records: readonly Tally[]): Measurement[] {
  const [own, other] = [true, false].map(
    (isOurs) => records.find(({ competitor }) => competitor.isOurs === isOurs)?.scores ?? [],
  );
  if (own === undefined || other === undefined) throw new Error("both have scored");
  const ratios = own.map((score, i) => (other[i] ?? Number.NaN) / score);
  return [
    measurementOf(`${name}: PyTorch's score over ours, other weights`, "ratio", ratios),
    measurementOf(`${name}: Spearman correlation of the scores, other weights`, "ratio", [
      sampleRankCorrelation(own, other),
    ]),
  ];
}
