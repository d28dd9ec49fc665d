/**
 * @file All that the page asks of core beside a search, away from its own thread: drawings, tables, scores and their parts,
 * files to take away, files that are brought, times.
 */

import {
  type Architecture,
  architectureCosts,
  big,
  blockColumns,
  blockRows,
  type Costs,
  describeStages,
  entropyByLayer,
  figureSvg,
  genotypeOfCode,
  graphOf,
  type ImportedModel,
  InputError,
  imagesScored,
  importOnnx,
  type LatencyPredictor,
  type LatencyProfile,
  type LayerEntropy,
  latencyPredictor,
  logSynflowByBlock,
  type Model,
  metricOf,
  models,
  onnxModel,
  pytorchSource,
  randomWeights,
  readGenotype,
  type Score,
  Scorer,
  safetensorsFile,
  spaceOf,
  stageColumns,
  stageRows,
  toJson,
  UnscorableError,
  version,
  type WeightSource,
} from "@esnas/core/internal";
import { expose } from "comlink";
import { batchOf, type CandidateBatch } from "../state/candidates.js";
import { candidatesCsv } from "../state/csv.js";
import { type ServedRow, servedRow } from "../state/served-rows.js";
import { webRuntime } from "./web-runtime.js";

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What one block costs, and adds to LogSynflow. */
export interface BlockParts {
  readonly name: string;
  readonly title: string;
  readonly parameters: number;
  readonly macs: number;
  readonly logSynflow: number;
}

export interface InspectionOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** That its scores are shown by. */
  readonly metrics?: readonly string[];
}

/** What is known of a network without running it. */
export interface Inspection {
  readonly svg: string;
  readonly costs: Costs;
  readonly logSynflow: number;
  /** Height and width of the images that a score is of, by metric. */
  readonly images: Readonly<Record<string, readonly number[] | undefined>>;
  /** Milliseconds that a profile predicts. */
  readonly latency?: number;
  readonly stages: Table;
  readonly blocks: Table;
  readonly parts: readonly BlockParts[];
}

export interface EntropyParts {
  readonly score: Score;
  /** Height and width of the images that it is of. */
  readonly images: readonly number[] | undefined;
  readonly layers: readonly LayerEntropy[];
}

/** A model that is known by a name, as a point among candidates. */
export interface KnownModel {
  readonly name: string;
  readonly title: string;
  readonly parameters: number;
  readonly macs: number;
  readonly designedBy: Model["designedBy"];
  readonly logsynflow: Score;
  /** Milliseconds, where the profile knows its blocks. */
  readonly latency?: number;
}

export interface ImportedSummary {
  readonly name: string;
  readonly opset: number;
  readonly producer: string;
  readonly input: readonly number[];
  readonly outputs: readonly (readonly number[])[];
  readonly costs: Costs;
  readonly layers: Table;
  readonly layersInAll: number;
  readonly notes: readonly string[];
}

export type FileKind = "onnx" | "pytorch" | "safetensors" | "json" | "svg";

export interface FileOptions {
  readonly seed: number;
  readonly title: string;
  readonly subtitle: string;
  /** Sentences on where the network comes from. */
  readonly provenance: readonly string[];
}

/** Rows of a file's layers that the page shows. */
const MOST_LAYERS = 400;

function architectureOf(genotype: unknown): Architecture {
  const read = readGenotype(genotype);
  return read.space.build(read.genotype);
}

function logSynflowOf(architecture: Architecture): Score {
  const metric = metricOf("logsynflow");
  return "score" in metric ? metric.score(architecture) : Number.NaN;
}

function predicted(predictor: LatencyPredictor, architecture: Architecture): number {
  try {
    return predictor.ofArchitecture(architecture);
  } catch (error) {
    if (error instanceof UnscorableError) return Number.NaN;
    throw error;
  }
}

const scorers = new Map<number, Scorer>();

/** One for each seed that was asked for. */
function scorerOf(seed: number): Scorer {
  const known = scorers.get(seed) ?? new Scorer(webRuntime(), { seed, sessions: 256 });
  scorers.set(seed, known);
  return known;
}

function fileOf(kind: FileKind, genotype: unknown, options: FileOptions): Uint8Array | string {
  const read = readGenotype(genotype);
  const architecture = read.space.build(read.genotype);
  const json = toJson(read.space, read.genotype);
  const origin = { genotype: json, version };
  const { seed, title, subtitle, provenance } = options;
  switch (kind) {
    case "onnx":
      return onnxModel(graphOf(architecture), randomWeights(seed), origin);
    case "safetensors":
      return safetensorsFile(graphOf(architecture), randomWeights(seed), origin);
    case "pytorch":
      return pytorchSource(architecture, { provenance, genotype: json });
    case "json":
      return `${JSON.stringify(json, undefined, 2)}\n`;
    case "svg":
      return figureSvg(architecture, { title, subtitle });
  }
}

let imported: ImportedModel | undefined;

const lab = {
  /** @throws {InputError} where the genotype is none. */
  inspect(
    genotype: unknown,
    { title, subtitle = "", metrics = [] }: InspectionOptions,
    profile?: LatencyProfile,
  ): Inspection {
    const architecture = architectureOf(genotype);
    const stages = describeStages(architecture);
    const described = stages.flatMap(({ blocks }) => blocks);
    const rows = blockRows(stages);
    const flow = logSynflowByBlock(architecture);
    return {
      svg: figureSvg(architecture, { title, subtitle }),
      costs: architectureCosts(architecture),
      logSynflow: Number(logSynflowOf(architecture)),
      images: Object.fromEntries(metrics.map((id) => [id, imagesScored(architecture, metricOf(id))])),
      ...(profile && { latency: predicted(latencyPredictor(profile), architecture) }),
      stages: { columns: stageColumns, rows: stageRows(stages) },
      blocks: { columns: blockColumns, rows },
      parts: described.map(({ name, parameters, macs }, i) => {
        return { name, title: rows[i]?.[1] ?? "", parameters, macs, logSynflow: flow[i] ?? 0 };
      }),
    };
  },

  /** The Entropic Score and the entropies that it is the mean of. */
  async entropy(genotype: unknown, seed: number): Promise<EntropyParts> {
    const architecture = architectureOf(genotype);
    const scorer = scorerOf(seed);
    const metric = metricOf("entropic-score");
    const score = await scorer.score(architecture, metric);
    return { score, images: imagesScored(architecture, metric), layers: await entropyByLayer(scorer, architecture) };
  },

  file(kind: FileKind, genotype: unknown, options: FileOptions): Uint8Array | string {
    return fileOf(kind, genotype, options);
  },

  /**
   * Milliseconds that a profile predicts of candidates; not a number of those that it knows nothing of.
   * @param genes Indices of values, one row a candidate.
   */
  latencies(
    spaceName: string,
    spaceOptions: Readonly<Record<string, unknown>>,
    profile: LatencyProfile,
    genes: Uint16Array,
  ): Float64Array {
    const space = spaceOf(spaceName, spaceOptions);
    const predictor = latencyPredictor(profile);
    const width = space.genes.length;
    return Float64Array.from({ length: genes.length / width }, (_, i) => {
      const genotype = genotypeOfCode(space, genes.subarray(i * width, (i + 1) * width));
      return predicted(predictor, space.build(genotype));
    });
  },

  csv(spaceName: string, spaceOptions: Readonly<Record<string, unknown>>, candidates: CandidateBatch): string {
    return candidatesCsv(spaceName, spaceOptions, candidates);
  },

  knownModels(profile?: LatencyProfile): KnownModel[] {
    const predictor = profile && latencyPredictor(profile);
    return models.map(({ name, title, designedBy, build }) => {
      const architecture = build();
      const { parameters, macs } = architectureCosts(architecture);
      const latency = predictor && predicted(predictor, architecture);
      return {
        name,
        title,
        designedBy,
        parameters,
        macs,
        logsynflow: logSynflowOf(architecture),
        ...(latency && { latency }),
      };
    });
  },

  /** The Entropic Score of such a model. */
  async modelEntropy(name: string, seed: number): Promise<Score> {
    const model = models.find((candidate) => candidate.name === name);
    if (model === undefined) throw new InputError(`There is no model "${name}".`);
    const scores = await scorerOf(seed).scores(model.build(), [metricOf("entropic-score")]);
    return scores["entropic-score"] ?? { value: null, reason: "not scored" };
  },

  /** Rows of a run that `esnas studio` serves, as columns. */
  servedBatch(
    spaceName: string,
    spaceOptions: Readonly<Record<string, unknown>>,
    metrics: readonly string[],
    from: number,
    rows: readonly ServedRow[],
  ): CandidateBatch {
    return batchOf(from, rows.map(servedRow(spaceName, spaceOptions)), metrics);
  },

  /** @throws {InputError} where it is no ONNX file that can be read. */
  async importFile(bytes: Uint8Array, name: string, weights: WeightSource): Promise<ImportedSummary> {
    imported = undefined;
    const model = await importOnnx(bytes, { runtime: webRuntime(), name, weights });
    imported = model;
    const layers = model.layers.slice(0, MOST_LAYERS);
    return {
      name,
      opset: model.opset,
      producer: model.producer,
      input: model.input,
      outputs: model.outputs,
      costs: architectureCosts(model.architecture),
      layers: {
        columns: ["layer", "operator", "output", "parameters", "MACs"],
        rows: layers.map((layer) => [
          layer.name,
          layer.operator,
          layer.output.join(" × "),
          big(layer.parameters),
          big(layer.macs),
        ]),
      },
      layersInAll: model.layers.length,
      notes: model.notes,
    };
  },

  /** The score of the file that was brought last. */
  async scoreFile(metric: string, seed: number): Promise<Score> {
    if (imported === undefined) throw new InputError("Bring a file first.");
    const scorer = new Scorer(webRuntime(), { seed, sessions: 1 });
    try {
      const scores = await scorer.scores(imported.architecture, [metricOf(metric)]);
      return scores[metric] ?? { value: null, reason: "not scored" };
    } finally {
      await scorer.release();
    }
  },
};

export type Lab = typeof lab;

expose(lab);
