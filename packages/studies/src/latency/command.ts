/**
 * @file How well does a latency profile predict networks that it has not seen? A profile is measured, then random genotypes, in
 * turns; MACs and parameters, fitted to the very networks that they predict, stand beside it. Of some of the networks each block
 * is measured by itself too: what a look-up of blocks that were measured alone would say.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Architecture,
  agreementOf,
  architectureCosts,
  blockGraph,
  encode,
  type FamilyName,
  familyBudgets,
  type Genotype,
  hybridSpace,
  type LatencyPredictor,
  latencyPredictor,
  type PlacedBlock,
  parameterValues,
  readLatencyProfile,
  sampleWithin,
  seededRandom,
  toJson,
} from "@esnas/core/internal";
import { median } from "simple-statistics";
import { printTable, type Row, writeResults } from "../common/results.js";
import { calibrated, type MeasuredLatency, measured } from "./program.js";

export interface LatencyStudyFlags {
  readonly networks: string;
  readonly runs: string;
  /** A profile that is there already. */
  readonly profile?: string;
}

const space = hybridSpace();

/** Not the seed that profiles are measured with. */
const SEED = 20_000;
const BUDGETS: readonly (FamilyName | undefined)[] = [undefined, "s0", "s1", "s2"];

/** Networks that are loaded at once. */
const GROUP = 20;
/** Networks of which blocks are measured alone. */
const TAKEN_APART = 8;

interface Subject {
  readonly name: string;
  readonly budget: FamilyName | undefined;
  readonly genotype: Genotype;
  readonly architecture: Architecture;
}

export async function latencyStudy({ networks, runs, profile: file }: LatencyStudyFlags): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "esnas-latency-"));
  try {
    const profile = readLatencyProfile(
      file === undefined
        ? await calibrated(["--profile", join(folder, "profile.json")])
        : JSON.parse(readFileSync(file, "utf8")),
    );
    const predictor = latencyPredictor(profile);
    const subjects = drawn(Number(networks));
    const times = await inGroups(
      subjects.map(({ name, genotype }) => {
        const path = join(folder, `${name}.json`);
        writeFileSync(path, JSON.stringify(toJson(space, genotype)));
        return path;
      }),
      ["--runs", runs],
    );
    const alone = await sumsOfBlocksAlone(subjects.slice(0, TAKEN_APART), folder, runs);
    const rows = subjects.map((subject, i) => rowOf(subject, predictor, times[i], alone[i]));
    writeResults("latency", rows);
    printTable(rows.slice(0, TAKEN_APART));
    printTable(summaryOf(rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function drawn(networks: number): Subject[] {
  const random = seededRandom(SEED);
  return Array.from({ length: networks }, (_, i) => {
    const budget = BUDGETS[i % BUDGETS.length];
    const genotype = sampleWithin(space, budget === undefined ? {} : familyBudgets[budget], random);
    return { name: `random-${i}`, budget, genotype, architecture: space.build(genotype) };
  });
}

async function inGroups(paths: readonly string[], flags: readonly string[], size = GROUP): Promise<MeasuredLatency[]> {
  const all: MeasuredLatency[] = [];
  for (let at = 0; at < paths.length; at += size) {
    all.push(...(await measured([...paths.slice(at, at + size), ...flags])));
  }
  return all;
}

/** For each network the sum of its blocks, each of which was a model of its own. */
async function sumsOfBlocksAlone(subjects: readonly Subject[], folder: string, runs: string): Promise<number[]> {
  const files = join(folder, "blocks");
  mkdirSync(files);
  const distinct = new Map<string, PlacedBlock>();
  for (const { architecture } of subjects) for (const block of architecture.blocks) distinct.set(block.key, block);
  const keys = [...distinct.keys()];
  const paths = [...distinct.values()].map((block, i) => {
    const path = join(files, `${i}.onnx`);
    writeFileSync(path, encode(blockGraph(block), { values: (parameter) => parameterValues(0, parameter) }));
    return path;
  });
  const times = await inGroups(paths, ["--runs", runs], 3 * GROUP);
  const byKey = new Map(keys.map((key, i) => [key, times[i]?.cpu ?? Number.NaN]));
  return subjects.map(({ architecture }) =>
    architecture.blocks.reduce((sum, { key }) => sum + (byKey.get(key) ?? Number.NaN), 0),
  );
}

function rowOf(
  { name, budget, architecture }: Subject,
  predictor: LatencyPredictor,
  time: MeasuredLatency | undefined,
  alone: number | undefined,
): Row {
  if (time === undefined) throw new Error(`"${name}" was not measured`);
  const { parameters, macs } = architectureCosts(architecture);
  return {
    network: name,
    budget: budget ?? "none",
    parameters,
    macs,
    "predicted ms": predictor.ofArchitecture(architecture),
    "median ms": time.median,
    "p10 ms": time.p10,
    "p90 ms": time.p90,
    "CPU ms": time.cpu,
    "kernels ms": time.parts.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    "blocks alone ms": alone ?? "",
  };
}

function summaryOf(rows: readonly Row[]): Row[] {
  const column = (name: string, of = rows) => of.map((row) => Number(row[name]));
  const agreement = (what: string, against: string, values: readonly number[], of = rows): Row => {
    const { networks, spearman, medianError } = agreementOf(values, column(against, of));
    return { predictor: what, against, networks, spearman, "median error %": 100 * medianError };
  };
  /** The factor of least median error, which only hindsight knows. */
  const scaled = (name: string, against: string) => {
    const factor = median(column(against).map((ms, i) => ms / (column(name)[i] ?? 1)));
    return column(name).map((value) => value * factor);
  };
  const apart = rows.slice(0, TAKEN_APART);
  return [
    ...["median ms", "CPU ms"].flatMap((against) => [
      agreement("profile", against, column("predicted ms")),
      agreement("MACs, scaled in hindsight", against, scaled("macs", against)),
      agreement("parameters, scaled in hindsight", against, scaled("parameters", against)),
    ]),
    agreement("blocks measured alone", "CPU ms", column("blocks alone ms", apart), apart),
    agreement("profile, the same networks", "CPU ms", column("predicted ms", apart), apart),
  ];
}
