/** @file What a search has found, in numbers: `summary.json`, and what `search --json` prints. */

import {
  type Architecture,
  architectureCosts,
  type BoundedCost,
  type BoundsByCost,
  checksumOf,
  commandOf,
  describeStages,
  type LatencyProfile,
  type MachineDescription,
  type NetworkTask,
  type Outcome,
  type Scores,
  type Settings,
  type StageDescription,
  taskOfNetwork,
  type Usage,
  usageInWords,
} from "@esnas/core/internal";

export interface Summary extends FoundModel {
  /** The command line that makes the run again. */
  readonly command: string;
  readonly constraints: BoundsByCost;
  readonly preset: string | null;
  readonly seed: number;
  readonly algorithm: string;
  /** Seconds in all and by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  /** How it was made; the workers are those of the process that has ended it. */
  readonly speed: { readonly workers: number; readonly evaluationsPerSecond: number };
}

/** A model, and what the search did that has found it. */
export interface FoundModel {
  readonly parameters: number;
  readonly macs: number;
  /** Where latency is bounded. */
  readonly latency?: PredictedLatency;
  /** Each bound, and what is used of it. */
  readonly bounds: readonly Usage[];
  readonly scores: Scores;
  /** Images, classes and stem. */
  readonly task: NetworkTask;
  /** Evaluations by phase. */
  readonly evaluations: Readonly<Record<string, number>>;
  readonly cycles: number;
  /** Why the search ended. */
  readonly reason: Outcome["reason"];
  /** The stages, without stem and head; `kind` is the one that most of the blocks have. */
  readonly stages: readonly (StageDescription & { readonly kind: string })[];
}

export interface PredictedLatency {
  readonly milliseconds: number;
  readonly machine: MachineDescription;
  readonly threads: number;
  readonly batch: number;
  /** SHA-256 of the profile. */
  readonly profile: string;
}

export interface FoundModelOptions {
  readonly settings: Settings;
  readonly architecture: Architecture;
  readonly outcome: Outcome;
  readonly scores: Scores;
  readonly bounds: readonly Usage[];
  /** Milliseconds that are predicted, where latency is bounded. */
  readonly latency: number | undefined;
}

export interface SummaryOptions extends FoundModelOptions {
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly workers: number;
}

export function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

function commonest({ kinds }: StageDescription): string {
  const [first] = Object.entries(kinds).toSorted(([, a = 0], [, b = 0]) => b - a);
  return first?.[0] ?? "none";
}

/** What a profile predicts, with where it is from. */
export function predictedLatency(ms: number, profile: LatencyProfile): PredictedLatency {
  const { machine, threads, batch } = profile;
  return { milliseconds: ms, machine, threads, batch, profile: checksumOf(profile) };
}

/** What is known of a model's costs: all of a summary, or of a network without one. */
export interface KnownCosts extends Pick<FoundModel, "parameters" | "macs" | "latency"> {
  readonly bounds?: readonly Usage[];
}

/** `1.31 M of 1.33 M parameters (98 %), 0.26 G MACs, 7.93 ms predicted on AMD EPYC`: each bound beside what is used of it. */
export function costsInWords({ parameters, macs, latency, bounds = [] }: KnownCosts): string {
  const words = (cost: BoundedCost, used: number) =>
    usageInWords(bounds.find((usage) => usage.cost === cost) ?? { cost, used });
  const others = bounds.filter(({ cost }) => !["parameters", "macs", "latency"].includes(cost));
  return [
    words("parameters", parameters),
    words("macs", macs),
    ...others.map((usage) => usageInWords(usage)),
    ...(latency === undefined ? [] : [`${words("latency", latency.milliseconds)} on ${latency.machine.cpu}`]),
  ].join(", ");
}

export function foundModel(options: FoundModelOptions): FoundModel {
  const { settings, architecture, outcome, scores, bounds } = options;
  const { parameters, macs } = architectureCosts(architecture);
  const evaluations: Record<string, number> = { topology: 0, size: 0 };
  for (const phase of outcome.phases) {
    evaluations[phase.phase] = (evaluations[phase.phase] ?? 0) + phase.evaluations;
  }
  const profile = settings.latencyProfile?.profile;
  const latency =
    options.latency === undefined || profile === undefined ? undefined : predictedLatency(options.latency, profile);
  return {
    parameters,
    macs,
    ...(latency && { latency }),
    bounds,
    scores,
    task: taskOfNetwork(architecture),
    evaluations,
    cycles: outcome.cycles,
    reason: outcome.reason,
    stages: describeStages(architecture)
      .filter(({ name }) => name.startsWith("stages."))
      .map((stage) => ({ kind: commonest(stage), ...stage })),
  };
}

export function summaryOf(options: SummaryOptions): Summary {
  const { settings, workers } = options;
  const { stages, ...model } = foundModel(options);
  const made = Object.values(model.evaluations).reduce((sum, n) => sum + n, 0);
  const total = Object.values(options.milliseconds).reduce((sum, ms) => sum + ms, 0);
  const byPhase = Object.entries({ topology: 0, size: 0, ...options.milliseconds }).map(([phase, ms]) => [
    phase,
    seconds(ms),
  ]);
  return {
    command: commandOf(settings),
    constraints: settings.constraints,
    preset: settings.preset,
    seed: settings.seed,
    algorithm: settings.algorithm,
    ...model,
    seconds: { total: seconds(total), ...Object.fromEntries(byPhase) },
    speed: { workers, evaluationsPerSecond: Math.round((10_000 * made) / Math.max(total, 1)) / 10 },
    stages,
  };
}
