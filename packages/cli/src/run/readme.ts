/** @file The page that lies in a run's folder and says how it was made. It holds no times: two runs of one seed have the same. */

import {
  DEFAULT_SPACE,
  defaultAlgorithmOptions,
  type PresetName,
  presets,
  type Score,
  type Settings,
  stageColumns,
  stageRows,
} from "@esnas/core";
import { boundFlag } from "../options.js";
import { shellWord } from "../report/shell-word.js";
import { costsInWords, type Summary } from "./summary.js";

/** The command line that makes the same run again. */
export function commandOf(settings: Settings): string {
  return ["esnas", "search", ...searchArguments(settings)].map(shellWord).join(" ");
}

/** The flags of `esnas search` that settings come from. */
export function searchArguments(settings: Settings): string[] {
  const {
    space,
    spaceOptions,
    preset,
    seed,
    algorithm,
    topologyMetric,
    sizeMetric,
    topologyBudget,
    cycles,
    maxEvaluations,
    latencyProfile,
    front,
    rescore,
  } = settings;
  return [
    ...(front === undefined ? [] : ["--front", front.cost, "--points", String(front.points)]),
    ...(preset === null ? [] : ["--preset", preset]),
    ...boundFlags(settings),
    ...(latencyProfile === undefined ? [] : ["--profile", latencyProfile.path]),
    ...(space === DEFAULT_SPACE ? [] : ["--space", space]),
    ...(Array.isArray(spaceOptions.input) ? ["--resolution", String(spaceOptions.input[1])] : []),
    ...(spaceOptions.classes === undefined ? [] : ["--classes", String(spaceOptions.classes)]),
    ...["--seed", String(seed), "--max-evaluations", String(maxEvaluations)],
    ...(algorithm === "cyclic" ? [] : ["--algorithm", algorithm]),
    ...["--topology-metric", topologyMetric, "--size-metric", sizeMetric],
    ...(rescore === undefined ? [] : ["--rescore", String(rescore)]),
    ...(topologyBudget === defaultAlgorithmOptions.topologyBudget ? [] : ["--topology-budget", topologyBudget]),
    ...(cycles === defaultAlgorithmOptions.cycles ? [] : ["--cycles", String(cycles)]),
  ];
}

/** Bounds beyond those of the preset. */
export function boundFlags({ preset, constraints }: Pick<Settings, "preset" | "constraints">): string[] {
  const given: Readonly<Record<string, { min?: number; max?: number } | undefined>> =
    preset === null ? {} : presets[preset as PresetName];
  return Object.entries(constraints).flatMap(([cost, bounds]) =>
    (["min", "max"] as const).flatMap((end) =>
      bounds[end] === undefined || bounds[end] === given[cost]?.[end]
        ? []
        : [boundFlag(end, cost), String(bounds[end])],
    ),
  );
}

export function showScore(score: Score | undefined): string {
  if (score === undefined) return "";
  return typeof score === "number" ? String(score) : `none (${score.reason})`;
}

export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What the model that a search has found is called. */
export function titleOfRun({ preset, space }: Settings): string {
  if (space !== DEFAULT_SPACE) return `A model of the space "${space}"`;
  return preset === null ? "A model for a budget" : `ESFormer-${preset.toUpperCase()}`;
}

export function runReadme(settings: Settings, summary: Summary): string {
  const scores = Object.entries(summary.scores).map(([metric, score]) => `${metric} ${showScore(score)}`);
  return `# ${titleOfRun(settings)}, found without training

${costsInWords(summary)}; ${scores.join("; ")}.

Made by

    ${commandOf(settings)}

from ${Object.entries(summary.evaluations)
    .map(([phase, n]) => `${n.toLocaleString("en-US")} ${phase}`)
    .join(" and ")} evaluations in ${summary.cycles} cycles. No candidate was trained.

${markdownTable(stageColumns, stageRows(summary.stages))}

| file | what it is |
|---|---|
| \`architecture.json\` | the genotype; \`esnas score\`, \`describe\` and \`export\` read it |
| \`model.onnx\` | the network at opset 17 with random weights of seed ${settings.seed}, dynamic batch |
| \`figure.svg\` | a drawing of it |
| \`summary.json\` | what was found, in numbers |
| \`study.sqlite\` | every candidate in order, with its scores: table \`candidates\` |
`;
}
