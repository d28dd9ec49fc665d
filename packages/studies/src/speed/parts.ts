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
  graphOf,
  instrument,
  isForward,
  metricOf,
  mutate,
  normalValues,
  type Parameter,
  POPULATION_SIZE,
  parameterValues,
  rolesOf,
  sampleWithin,
  scoreStatic,
  seededRandom,
  withinBounds,
} from "@esnas/core/internal";
import { nodeScorer, runtime } from "../common/node-scorer.js";
import { type Measurement, measurementOf } from "./measurement.js";
import type { Subject, Surroundings } from "./subjects.js";
import { type Timed, timed } from "./timing.js";

const ROUNDS = { warmUp: 20, rounds: 30 } as const;
const SEED = 0;

/** @param peak GFLOP/s of one thread. */
export async function partsOf({ name, architecture, surroundings }: Subject, peak: number): Promise<Measurement[]> {
  const metric = entropicScore();
  const whole = await wholeGraph(architecture, metric);
  const blocks = inBlocks(architecture);
  const own = surroundings === undefined ? [] : [...sampling(surroundings), ...sizeMutations(surroundings)];
  const measured = await timed([...own, ...whole.actions, ...blocks.actions], ROUNDS);
  await whole.release();
  await blocks.release();
  const flops = 2 * metric.input.batch * architectureCosts(whole.architecture).macs;
  return measured
    .flatMap((part) => (part.name === "run" ? [part, shareOf(part, flops, peak)] : [part]))
    .map((part) => ({ ...part, name: `${name}: ${part.name}` }));
}

function entropicScore(): ForwardMetric {
  const metric = metricOf("entropic-score");
  if (!isForward(metric)) throw new Error("the Entropic Score is a forward metric");
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

/** In block sessions that are there already, with weights that are known; nothing of an earlier run is taken over. */
function inBlocks(architecture: Architecture) {
  const scorer = nodeScorer({ seed: SEED, prefixBytes: 0 });
  const full = metricOf("entropic-score(resolution=256)");
  const actions: Timed[] = [
    { name: "score in blocks", run: () => scorer.score(architecture, entropicScore()) },
    ...(largestSide(architecture) < 224
      ? []
      : [{ name: "score in blocks, full size", run: () => scorer.score(architecture, full) }]),
  ];
  return { actions, release: () => scorer.release() };
}

function largestSide({ input: [, , height = 1, width = 1] }: Architecture): number {
  return Math.max(height, width);
}

function sampling({ space, constraints }: Surroundings): Timed[] {
  const random = seededRandom(SEED);
  return [{ name: "sample within the budget", run: () => sampleWithin(space, constraints, random) }];
}

/** Candidates of a size phase that are scored in one round: a phase has tens of thousands, after which the compiler has seen them. */
const SIZES = 500;

/** What a size phase does to a candidate, which runs nothing. */
function sizeMutations({ space, genotype, constraints }: Surroundings): Timed[] {
  if (!rolesOf(space).includes("size")) return [];
  const random = seededRandom(SEED);
  const sizes = [genotype];
  while (sizes.length < (ROUNDS.warmUp + ROUNDS.rounds) * SIZES) {
    const child = mutate(space, random.pick(sizes.slice(-POPULATION_SIZE)), random, "size");
    if (withinBounds(space, constraints, child)) sizes.push(child);
  }
  const logsynflow = metricOf("logsynflow");
  if (isForward(logsynflow)) throw new Error("LogSynflow runs nothing");
  const each = (action: (architecture: Architecture) => void) => (round: number) => {
    for (const size of sizes.slice(round * SIZES, (round + 1) * SIZES)) action(space.build(size));
  };
  return [
    { name: "costs of a size mutation", times: SIZES, run: each(architectureCosts) },
    {
      name: "costs and LogSynflow of a size mutation",
      times: SIZES,
      run: each((architecture) => {
        architectureCosts(architecture);
        scoreStatic(architecture, logsynflow);
      }),
    },
  ];
}
