/**
 * @file What the blocks of a search are, stage by stage, as it goes on: counts of kinds and of kernels in slices of the history.
 * Added to with each batch, so that drawing them reads a few hundred numbers.
 */

import type { Space } from "@esnas/core/internal";
import type { CandidateTable } from "./candidates.js";

/** What is counted of the blocks of one stage. */
export interface StageShares {
  /** `stages.2` */
  readonly stage: string;
  /** By value; one count a slice. */
  readonly kinds: ReadonlyMap<string, Float64Array>;
  readonly kernels: ReadonlyMap<string, Float64Array>;
}

interface StageGenes {
  readonly depth: number;
  readonly kernel: number;
  readonly kinds: readonly number[];
}

/** Slices of a history. */
const SLICES = 60;

export class ShareCounter {
  readonly stages: readonly StageShares[];
  readonly slices = SLICES;
  readonly #space: Space;
  readonly #genes: readonly StageGenes[];
  readonly #perSlice: number;
  #next = 0;

  /** @param evaluations That the search may make. */
  constructor(space: Space, evaluations: number) {
    this.#space = space;
    this.#perSlice = Math.max(1, Math.ceil(evaluations / SLICES));
    this.#genes = stageGenesOf(space);
    const columns = (gene: number | undefined) =>
      new Map((space.genes[gene ?? -1]?.values ?? []).map((value) => [String(value), new Float64Array(SLICES)]));
    this.stages = this.#genes.map(({ kernel, kinds }, i) => {
      return { stage: `stages.${i}`, kinds: columns(kinds[0]), kernels: columns(kernel) };
    });
  }

  /** Slices that have candidates. */
  get filled(): number {
    return Math.min(SLICES, Math.ceil(this.#next / this.#perSlice));
  }

  /** Counts what is new in the table. */
  take(table: CandidateTable): void {
    for (; this.#next < table.count; this.#next++) {
      const slice = Math.min(SLICES - 1, Math.floor(this.#next / this.#perSlice));
      const genes = table.genesAt(this.#next);
      this.#genes.forEach((stage, i) => {
        this.#count(stage, this.stages[i], genes, slice);
      });
    }
  }

  #count(
    { depth, kernel, kinds }: StageGenes,
    shares: StageShares | undefined,
    genes: Uint16Array,
    slice: number,
  ): void {
    const valueAt = (gene: number) => this.#space.genes[gene]?.values[genes[gene] ?? -1];
    const blocks = Number(valueAt(depth));
    add(shares?.kernels, valueAt(kernel), slice, blocks);
    for (const kind of kinds.slice(0, blocks)) add(shares?.kinds, valueAt(kind), slice, 1);
  }
}

function add(
  counts: ReadonlyMap<string, Float64Array> | undefined,
  value: unknown,
  slice: number,
  times: number,
): void {
  const column = counts?.get(String(value));
  if (column !== undefined) column[slice] = (column[slice] ?? 0) + times;
}

/** Of a space of stages with one kernel each; none of others. */
function stageGenesOf({ genes }: Space): StageGenes[] {
  const at = (name: string) => genes.findIndex((gene) => gene.name === name);
  const stages: StageGenes[] = [];
  for (let i = 0; at(`stages.${i}.depth`) >= 0 && at(`stages.${i}.kernel`) >= 0; i++) {
    const kinds: number[] = [];
    for (let slot = 0; at(`stages.${i}.blocks.${slot}.kind`) >= 0; slot++)
      kinds.push(at(`stages.${i}.blocks.${slot}.kind`));
    stages.push({ depth: at(`stages.${i}.depth`), kernel: at(`stages.${i}.kernel`), kinds });
  }
  return stages;
}
