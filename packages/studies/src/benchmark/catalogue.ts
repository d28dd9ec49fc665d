/**
 * @file Which commands make the tables of docs/benchmarks.md: of each file of `results/` that `esnas bench` makes, its arguments.
 * `npm run study -- benchmark NAME` runs them; test/benchmark-results.slow.test.ts holds the files against them on seeded samples.
 */

import { forms as comparedForms, idOf } from "../entropic-forms.js";

/** What `esnas bench correlate`, `picks` or `search` is given, beside where it works and writes. */
export interface BenchmarkResult {
  readonly command: "correlate" | "picks" | "search";
  readonly space: "mnasnet" | "nasbench-macro" | "nats-topology" | "nasbench101";
  readonly dataset: Dataset;
  /** The table has not all networks of the space. */
  readonly partial?: true;
  /** Networks of the table; all where it is absent. */
  readonly sample?: number;
  readonly algorithm?: string;
  /** Searches of each method; thirty where it is absent. */
  readonly seeds?: number;
  readonly rescore?: number;
  /** Those of the algorithm where there are none. */
  readonly metrics?: readonly string[];
}

const datasets = ["c10", "c100", "in16"] as const;
type Dataset = (typeof datasets)[number] | "imagenet";

const flow = ["logsynflow", "logsynflow(log=g+1e-6)", "synflow"];
const counts = ["parameters", "macs", "activation-layers"];
const sum = "entropic-score(aggregation=sum)";
const searched = "log-rank(meco,logsynflow,expressivity-growth)";
const withSwap = "log-rank(meco,swap-score,expressivity-growth)";
const withSwapAndFlow = "log-rank(meco,swap-score,logsynflow,expressivity-growth)";
const withoutFlow = "log-rank(meco,expressivity-growth)";
const sizesOfHybrids = "entropic-score-analytic(site=convolution,of=l2)";

/** Without a run. */
const staticMetrics = [
  "logsynflow",
  "logsynflow(log=g+1e-6)",
  "logsynflow(normalisation=divide)",
  "synflow",
  ...counts,
  "entropic-score-analytic",
  "entropic-score-analytic(aggregation=sum)",
  sizesOfHybrids,
  `rank(parameters,${sizesOfHybrids})`,
  "rank(parameters,logsynflow)",
];

const field = [
  "entropic-score",
  sum,
  "naswot",
  "swap-score",
  "meco",
  "az-expressivity",
  "az-progressivity",
  "az-trainability",
  "expressivity-growth",
  "zen-score",
  "linear-regions",
  "entropic-score-analytic(aggregation=sum)",
  ...flow,
  ...counts,
  searched,
  withSwapAndFlow,
  withSwap,
  `log-rank(${sum},logsynflow,expressivity-growth)`,
  "log-rank(logsynflow,expressivity-growth)",
  `log-rank(${sum},meco,logsynflow,expressivity-growth)`,
  `rank(${sum},logsynflow)`,
  "rank(naswot,logsynflow)",
  "log-rank(az-expressivity,az-progressivity,az-trainability,macs)",
];

/** On noise with the spectrum of photographs in place of white noise. */
const pink = {
  meco: "meco(noise=pink)",
  growth: "expressivity-growth(noise=pink)",
  swap: "swap-score(noise=pink)",
};

const termsOnBothNoises = ["meco", pink.meco, "expressivity-growth", pink.growth];
const onPink = `log-rank(${pink.meco},logsynflow,${pink.growth})`;
const onBothNoises = [
  `log-rank(meco,${pink.meco},logsynflow,expressivity-growth)`,
  `log-rank(meco,${pink.meco},logsynflow,${pink.growth})`,
];
const onBothNoisesWithSwap = [
  `log-rank(meco,${pink.meco},swap-score,expressivity-growth)`,
  `log-rank(meco,${pink.meco},swap-score,${pink.growth})`,
  `log-rank(meco,${pink.meco},swap-score,logsynflow,expressivity-growth)`,
];

const whole = [
  ...termsOnBothNoises,
  "entropic-score",
  sum,
  "logsynflow",
  ...counts,
  searched,
  withoutFlow,
  onPink,
  ...onBothNoises,
];

/** On ImageNet16-120, whose cells run in a quarter of the time. */
const swap = [...termsOnBothNoises, "swap-score", "logsynflow", withSwap, withSwapAndFlow, ...onBothNoisesWithSwap];

/** Of one image, beside those that are compared for how far they move. */
const moreForms = [
  "of=bins",
  "of=bins,aggregation=sum",
  "site=block",
  "site=block,aggregation=sum",
  "noise=uniform",
  "noise=pink",
  "aggregation=sum,noise=uniform",
  "aggregation=sum,noise=pink",
  "statistics=none",
  "aggregation=sum,statistics=none",
];

/** Of several images, and of one. */
const formsOfBatches = [
  "",
  "aggregation=sum",
  "batch=4",
  "batch=16",
  "batch=64",
  "aggregation=sum,batch=4",
  "aggregation=sum,batch=16",
  "aggregation=sum,batch=64",
];

const onPinkNoise = [
  "meco",
  "expressivity-growth",
  "swap-score",
  ...Object.values(pink),
  "logsynflow",
  searched,
  onPink,
  withSwap,
  `log-rank(${pink.meco},swap-score,${pink.growth})`,
  `log-rank(${pink.meco},${pink.swap},${pink.growth})`,
  `log-rank(${pink.meco},swap-score,logsynflow,${pink.growth})`,
  ...onBothNoises,
  ...onBothNoisesWithSwap,
];

/** On noise of both kinds. */
const pinkElsewhere = [...termsOnBothNoises, "logsynflow", searched, onPink, ...onBothNoises];

/** Beside the aggregate that was chosen on NATS-Bench, which is left as it is. */
const aggregateElsewhere = [
  "meco",
  "expressivity-growth",
  sum,
  "logsynflow",
  "parameters",
  "activation-layers",
  searched,
  withoutFlow,
  `rank(${sum},expressivity-growth)`,
];

const coarse = {
  growth: "expressivity-growth(resolution=16)",
  naswot: "naswot(resolution=8)",
};

function onNats(dataset: Dataset): Record<string, BenchmarkResult> {
  const table = { space: "nats-topology", dataset } as const;
  const correlated = { command: "correlate", ...table } as const;
  const found = { command: "search", ...table } as const;
  return {
    [`nats-topology-${dataset}-static`]: { ...correlated, metrics: staticMetrics },
    [`nats-topology-${dataset}`]: { ...correlated, sample: 1000, metrics: field },
    [`nats-topology-${dataset}-whole`]: { ...correlated, metrics: whole },
    [`entropic-forms-${dataset}`]: { ...correlated, metrics: [...comparedForms, ...moreForms].map(idOf) },
    [`entropic-batches-${dataset}`]: { ...correlated, sample: 1000, metrics: formsOfBatches.map(idOf) },
    [`nats-topology-${dataset}-pink`]: { ...correlated, sample: 1000, metrics: onPinkNoise },
    [`search-${dataset}-aggregate`]: { ...found, algorithm: "evolution", metrics: [searched] },
    [`search-${dataset}-finals`]: { ...found, algorithm: "evolution", rescore: 8, metrics: [searched] },
    [`search-${dataset}-freerea`]: { ...found, algorithm: "freerea", metrics: ["logsynflow"] },
    [`search-${dataset}-freerea-naswot`]: {
      ...found,
      algorithm: "freerea",
      seeds: 10,
      metrics: ["naswot", "logsynflow"],
    },
    [`search-${dataset}-trained`]: { ...found, algorithm: "regularized-evolution,random" },
  };
}

const onNasbench101 = { command: "correlate", space: "nasbench101", dataset: "c10" } as const;

/** Of networks whose costs and accuracies both vary: what is told apart at a fixed budget. */
const atFixedBudget = [
  ...counts,
  "logsynflow",
  "logsynflow(normalisation=divide)",
  "synflow",
  "spectral-capacity",
  "deepmad-entropy",
  "deepmad-effectiveness",
  "depth-width-correction",
  "entropic-score-analytic",
  "entropic-score-analytic(aggregation=sum)",
  sizesOfHybrids,
  `rank(parameters,${sizesOfHybrids})`,
  "rank(spectral-capacity,entropic-score-analytic(aggregation=sum))",
];

/** Beside them, metrics that run the networks, which take minutes. */
const withRuns = [
  "entropic-score",
  sum,
  "naswot",
  "swap-score",
  "meco",
  "expressivity-growth",
  "parameters",
  "logsynflow(normalisation=divide)",
];

/** By the name of the file in `results/`. */
export const benchmarkResults: Readonly<Record<string, BenchmarkResult>> = {
  ...onNats("c10"),
  ...onNats("c100"),
  ...onNats("in16"),
  "nats-topology-in16-swap": { command: "correlate", space: "nats-topology", dataset: "in16", metrics: swap },
  "mnasnet-static": { command: "correlate", space: "mnasnet", dataset: "imagenet", metrics: atFixedBudget },
  "nasbench-macro-static": {
    command: "correlate",
    space: "nasbench-macro",
    dataset: "c10",
    partial: true,
    metrics: atFixedBudget,
  },
  "picks-mnasnet": { command: "picks", space: "mnasnet", dataset: "imagenet", metrics: atFixedBudget },
  "picks-nasbench-macro": {
    command: "picks",
    space: "nasbench-macro",
    dataset: "c10",
    partial: true,
    metrics: atFixedBudget,
  },
  "picks-mnasnet-runs": { command: "picks", space: "mnasnet", dataset: "imagenet", sample: 600, metrics: withRuns },
  "picks-nasbench-macro-runs": {
    command: "picks",
    space: "nasbench-macro",
    dataset: "c10",
    partial: true,
    sample: 600,
    metrics: withRuns,
  },
  "nasbench101-static": {
    ...onNasbench101,
    sample: 10_000,
    metrics: [
      "logsynflow",
      "synflow",
      ...counts,
      "entropic-score-analytic",
      "entropic-score-analytic(aggregation=sum)",
    ],
  },
  nasbench101: {
    ...onNasbench101,
    sample: 1000,
    metrics: [
      "entropic-score(resolution=16)",
      "entropic-score(aggregation=sum,resolution=16)",
      coarse.growth,
      coarse.naswot,
      "logsynflow",
      "parameters",
      `log-rank(logsynflow,${coarse.growth})`,
      `rank(${coarse.naswot},${coarse.growth})`,
    ],
  },
  "nasbench101-aggregate": { ...onNasbench101, sample: 10_000, metrics: aggregateElsewhere },
  "nasbench101-pink": { ...onNasbench101, sample: 10_000, metrics: pinkElsewhere },
};

/** The words behind `esnas`. */
export function argumentsOf(result: BenchmarkResult): readonly string[] {
  const { command, metrics, partial, ...given } = result;
  const flags = Object.entries({ ...given, metrics: metrics?.join() }).filter(([, value]) => value !== undefined);
  return [
    "bench",
    command,
    ...flags.flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(partial ? ["--partial"] : []),
  ];
}
