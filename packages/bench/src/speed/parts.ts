/**
 * @file What is done to one candidate, part by part: from nothing, in one session of the whole graph, where every part can be
 * told from the others; and as a search does it, in blocks that have been seen before.
 */

import {
  type Architecture,
  architectureCosts,
  atResolution,
  encode,
  type ForwardMetric,
  type Genotype,
  graphOf,
  instrument,
  metricOf,
  mutate,
  normalValues,
  type Parameter,
  parameterValues,
  rolesOf,
  sample,
  sampleWithin,
  seededRandom,
} from "@esnas/core";
import { nodeScorer, runtime } from "../node-scorer.js";
import { type Measurement, measurementOf } from "./measurement.js";
import type { Subject, Surroundings } from "./subjects.js";
import { type Timed, timed } from "./timing.js";

const ROUNDS = { warmUp: 20, rounds: 30 } as const;
/** What takes microseconds is done so many times. */
const TIMES = 20;
const SEED = 0;

/** @param peak GFLOP/s of one thread. */
export async function partsOf(subject: Subject, peak: number): Promise<Measurement[]> {
  const { name, architecture, surroundings } = subject;
  const metric = entropicScore();
  const whole = await wholeGraph(architecture, metric);
  const within = surroundings === undefined ? undefined : inSearch(surroundings);
  const measured = await timed([...(within?.before ?? []), ...whole.actions, ...(within?.after ?? [])], ROUNDS);
  await whole.release();
  await within?.release();
  const flops = 2 * metric.input.batch * architectureCosts(whole.architecture).macs;
  return [...measured.flatMap((part) => (part.name === "run" ? [part, shareOf(part, flops, peak)] : [part]))].map(
    (part) => ({ ...part, name: `${name}: ${part.name}` }),
  );
}

function entropicScore(): ForwardMetric {
  const metric = metricOf("entropic-score");
  if (!("observe" in metric)) throw new Error("the Entropic Score is a forward metric");
  return metric;
}

/** Of the machine's peak, what the multiply-accumulates of a run make up; normalisations and entropies count as nothing. */
function shareOf({ min, median, max, repeats }: Measurement, flops: number, peak: number): Measurement {
  const share = (ms: number) => (100 * flops) / (ms * 1e6) / peak;
  return {
    ...measurementOf("run", "% of peak", [share(median)]),
    name: "run, of peak",
    min: share(max),
    max: share(min),
    repeats,
  };
}

/** The whole network in one session, each part from nothing: what a candidate without any reuse costs. */
async function wholeGraph(given: Architecture, metric: ForwardMetric) {
  const { batch, resolution } = metric.input;
  const architecture = atResolution(given, resolution);
  const [, ...size] = architecture.input;
  const graph = graphOf(architecture);
  const { instrumented } = instrument(graph, [metric]);
  const isFed = ({ initialisation }: Parameter) => initialisation.kind === "normal";
  const values = (parameter: Parameter) => (isFed(parameter) ? undefined : parameterValues(SEED, parameter));
  const bytes = () => encode(instrumented, { opset: 20, training: true, values });
  const model = bytes();
  const session = await runtime.createSession(model);
  const shape = [batch, ...size];
  const input = { [graph.input]: { data: normalValues(SEED, "input", shape), shape } };
  const weights = () =>
    Object.fromEntries(
      [...graph.parameters.values()]
        .filter(isFed)
        .map((parameter) => [parameter.name, { data: parameterValues(SEED, parameter), shape: parameter.shape }]),
    );
  const drawn = weights();
  const actions: Timed[] = [
    { name: "build", run: () => instrument(graphOf(architecture), [metric]) },
    { name: "encode", run: bytes },
    { name: "session", run: async () => (await runtime.createSession(model)).release() },
    { name: "weights", run: weights },
    { name: "run", run: () => session.run({ ...input, ...drawn }) },
  ];
  return { architecture, actions, release: () => session.release() };
}

/** Candidates as a search meets them; each is scored once. */
function inSearch({ space, constraints, genotype }: Surroundings) {
  const random = seededRandom(SEED);
  const drawn = seededRandom(SEED + 1);
  const rounds = ROUNDS.warmUp + ROUNDS.rounds;
  const times = (count: number, draw: () => Genotype) => Array.from({ length: count }, draw);
  const scorer = nodeScorer({ seed: SEED });
  const before: Timed[] = [
    {
      name: "sample within the budget",
      run: () => sampleWithin(space, constraints, drawn),
    },
  ];
  const after: Timed[] = [];
  const roles = rolesOf(space);
  if (roles.includes("topology")) {
    const [topologies, full] = [0, 1].map(() => times(rounds, () => sample(space, random, "topology", genotype)));
    after.push({
      name: "score, random topologies, blocks seen before",
      run: (round) => scorer.score(space.build(topologies?.[round] ?? genotype), entropicScore()),
    });
    if (space.name === "hybrid") {
      const metric = metricOf("entropic-score(resolution=256)");
      after.push({
        name: "score at 256, random topologies, blocks seen before",
        run: (round) => scorer.score(space.build(full?.[round] ?? genotype), metric),
      });
    }
  }
  if (roles.includes("size")) {
    const sizes = times(rounds * TIMES, () => mutate(space, genotype, random, "size"));
    const logsynflow = metricOf("logsynflow");
    const each = (action: (of: Genotype) => unknown) => async (round: number) => {
      for (const size of sizes.slice(round * TIMES, (round + 1) * TIMES)) await action(size);
    };
    after.push(
      {
        name: "costs of a size mutation",
        times: TIMES,
        run: each((size) => architectureCosts(space.build(size))),
      },
      {
        name: "costs and LogSynflow of a size mutation",
        times: TIMES,
        run: each((size) => {
          const architecture = space.build(size);
          architectureCosts(architecture);
          return scorer.score(architecture, logsynflow);
        }),
      },
    );
  }
  return { before, after, release: () => scorer.release() };
}
