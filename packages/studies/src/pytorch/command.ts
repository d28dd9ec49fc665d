/**
 * @file Do ONNX Runtime and PyTorch agree? Twenty random genotypes of the hybrid space within each of the three budgets, networks
 * of the other spaces and published ones, all weights and statistics random; batch 1 and 4, hybrids at another size too.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Architecture,
  architectureCosts,
  type FamilyName,
  familyBudgets,
  hybridSpace,
  InputError,
  models,
  sample,
  sampleWithin,
  seededRandom,
  spaceOf,
} from "@esnas/core/internal";
import { printTable, type Row, writeResults } from "../common/results.js";
import { hasPyTorch, judgeCases, PYTHON, trainCases, writeCase } from "./cases.js";

const NETWORKS = 20;

interface Group {
  readonly name: string;
  readonly architectures: readonly Architecture[];
  /** Whether they are trained for ten steps, too. */
  readonly trains?: true;
  /** Published models may be of one size alone. */
  readonly isOfOneSize?: true;
}

function seeds(): number[] {
  return Array.from({ length: NETWORKS }, (_, seed) => seed);
}

function groups(): Group[] {
  const hybrid = hybridSpace();
  const within = (preset: FamilyName): Group => ({
    name: `hybrid, ${preset}`,
    trains: true,
    architectures: seeds().map((seed) => hybrid.build(sampleWithin(hybrid, familyBudgets[preset], seededRandom(seed)))),
  });
  const others = ["nats-topology", "nats-size", "nasbench101"].map((name): Group => {
    const space = spaceOf(name);
    return { name, architectures: seeds().map((seed) => space.build(sample(space, seededRandom(seed)))) };
  });
  const published: Group = {
    name: "models",
    architectures: models.map((model) => model.build()),
    isOfOneSize: true,
  };
  return [...(Object.keys(familyBudgets) as FamilyName[]).map(within), ...others, published];
}

/** Kinds of block, with the kinds of feed-forward network. */
function kindsOf({ blocks }: Architecture): string[] {
  return blocks.map(({ spec }) => ("ffn" in spec ? `${spec.kind}(${spec.ffn.kind})` : spec.kind));
}

export async function pytorch(): Promise<void> {
  if (!hasPyTorch()) throw new InputError(`needs PyTorch for ${PYTHON} (Debian: python3-torch)`);
  const folder = mkdtempSync(join(tmpdir(), "esnas-pytorch-"));
  const rows: Row[] = [];
  try {
    for (const group of groups()) {
      rows.push(await rowOf(group, join(folder, group.name)));
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  printTable(rows);
  writeResults("pytorch", rows);
}

async function rowOf({ name, architectures, trains, isOfOneSize }: Group, folder: string): Promise<Row> {
  const folders: string[] = [];
  for (const [i, architecture] of architectures.entries()) {
    const [, channels = 3, height = 1, width = 1] = architecture.input;
    const shapes = [1, 4].map((batch) => [batch, channels, height, width]);
    const others = isOfOneSize ? [] : [[1, channels, height + 32, width * 2]];
    folders.push(join(folder, String(i)));
    await writeCase(join(folder, String(i)), architecture, i, [...shapes, ...others]);
  }
  const judgements = await judgeCases(folders);
  const trained = trains ? await trainCases(folders) : [];
  const runs = judgements.flatMap((judgement) => judgement.runs);
  const isEqual = judgements.map(
    ({ parameters, sameNames }, i) => sameNames && parameters === countOf(architectures[i]),
  );
  return {
    networks: name,
    count: architectures.length,
    kinds: [...new Set(architectures.flatMap(kindsOf))].toSorted().join(" "),
    "equal parameters and names": isEqual.filter(Boolean).length,
    runs: runs.length,
    "largest logit, least over runs": Math.min(...runs.map(({ largest }) => largest)),
    "largest logit": Math.max(...runs.map(({ largest }) => largest)),
    "largest difference": Math.max(...runs.map(({ difference }) => difference)),
    "largest difference / largest logit": Math.max(...runs.map(({ difference, largest }) => difference / largest)),
    "loss falls in ten steps": !trains
      ? ""
      : trained.filter((losses) => (losses.at(-1) ?? 0) < (losses[0] ?? 0)).length,
  };
}

function countOf(architecture: Architecture | undefined): number | undefined {
  return architecture && architectureCosts(architecture).parameters;
}
