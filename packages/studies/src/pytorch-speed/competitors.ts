/** @file Who scores the same candidates in turns: our threads, and processes of PyTorch. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  atResolution,
  esformerGenotype,
  type FamilyName,
  type Genotype,
  isValue,
  pytorchSource,
} from "@esnas/core/internal";
import type { ThreadTask, ThreadTiming } from "./scoring-thread.js";
import { TorchProcess } from "./torch-process.js";

/** What is scored by both. */
export interface Work {
  readonly preset: FamilyName;
  /** Of ours; PyTorch's form of it is found in `scripts/time-pytorch.py`. */
  readonly metric: string;
  readonly kind: "entropy" | "logsynflow";
  /** Height and width of the images. */
  readonly resolution: number;
}

export interface Scored {
  /** From the start to the end of the slowest part, without messages between threads or processes. */
  readonly ms: number;
  /** Milliseconds of building modules, PyTorch's alone. */
  readonly build?: number;
  readonly scores: readonly number[];
}

export interface Competitor {
  readonly name: string;
  readonly isOurs: boolean;
  readonly cores: number;
  score(genotypes: readonly Genotype[]): Promise<Scored>;
  close(): Promise<void>;
}

/** Every nth of a list, from each of the first n. */
function dealt<T>(list: readonly T[], hands: number): T[][] {
  return Array.from({ length: hands }, (_, hand) => list.filter((_item, i) => i % hands === hand));
}

/** Parts that were scored at once, as one, in the order of what was dealt. */
function together(parts: readonly Scored[]): Scored {
  const builds = parts.flatMap(({ build }) => build ?? []);
  const length = parts.reduce((sum, { scores }) => sum + scores.length, 0);
  const scores = Array.from(
    { length },
    (_, i) => parts[i % parts.length]?.scores[Math.floor(i / parts.length)] ?? Number.NaN,
  );
  const ms = Math.max(...parts.map((part) => part.ms));
  return { ms, scores, ...(builds.length > 0 && { build: Math.max(...builds) }) };
}

export function ours({ preset, metric }: Work, threads: number): Competitor {
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./scoring-thread.js", import.meta.url)));
  return {
    name: `ours, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    isOurs: true,
    cores: threads,
    async score(genotypes) {
      const hands = dealt(genotypes, threads);
      return together(
        await Promise.all(workers.map((worker, i) => scoredBy(worker, { preset, metric, genotypes: hands[i] ?? [] }))),
      );
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function scoredBy(worker: Worker, task: ThreadTask): Promise<Scored> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject).once("message", ({ ms, scores }: ThreadTiming) => {
      worker.off("error", reject);
      resolve({ ms, scores: scores.map((score) => (isValue(score) ? score : Number.NaN)) });
    });
    worker.postMessage(task);
  });
}

/** @param folder Where the sources of networks are written. */
export async function pytorch(
  { preset, kind, resolution }: Work,
  { processes, threads, folder }: { readonly processes: number; readonly threads: number; readonly folder: string },
): Promise<Competitor> {
  const { space } = esformerGenotype(preset);
  const started = await Promise.all(Array.from({ length: processes }, () => TorchProcess.start(threads)));
  const torches = started.map(({ torch }) => torch);
  const names = new Map<string, string>();
  const shape = [1, 3, resolution, resolution];
  /** The name of a network's source, which every process has loaded. */
  async function loaded(genotypes: readonly Genotype[]): Promise<string[]> {
    const files: Record<string, string> = {};
    const found = genotypes.map((genotype) => {
      const key = genotype.join();
      const name = names.get(key) ?? `network${names.size}`;
      if (!names.has(key)) {
        files[name] = join(folder, `${name}.py`);
        writeFileSync(files[name], pytorchSource(atResolution(space.build(genotype), resolution)));
        names.set(key, name);
      }
      return name;
    });
    await Promise.all(torches.map((torch) => torch.load(files)));
    return found;
  }
  const how = processes === 1 ? `${threads} ${threads === 1 ? "thread" : "threads"}` : `${processes} processes`;
  return {
    name: `PyTorch, ${how}`,
    isOurs: false,
    cores: processes * threads,
    async score(genotypes) {
      const hands = dealt(await loaded(genotypes), processes);
      return together(
        await Promise.all(torches.map((torch, i) => torch.score({ kind, names: hands[i] ?? [], shape }))),
      );
    },
    async close() {
      await Promise.all(torches.map((torch) => torch.close()));
    },
  };
}
