/** @file What can be changed of a block in the hybrid space, and what a change does. */

import type { Gene, GeneValue, Genotype } from "@esnas/core/internal";
import type { Design } from "./genotypes.js";

/** A gene that a block hangs on. */
export interface Choice {
  /** Index of the gene. */
  readonly gene: number;
  readonly label: string;
  /** Whether other blocks of the stage hang on it too. */
  readonly isShared: boolean;
  readonly values: readonly GeneValue[];
  readonly value: GeneValue;
}

const labels: Readonly<Record<string, string>> = {
  kind: "Kind",
  ffn: "Feed-forward network",
  kernel: "Kernel",
  width: "Width",
  expansion: "Expansion",
  qkvDim: "QKV dimension",
  depth: "Blocks in the stage",
};

const valueNames: Readonly<Record<string, string>> = { ibn: "IBN", convnext: "ConvNeXt", transformer: "Transformer" };

/** A value as people read it. */
export function valueName(value: GeneValue): string {
  return valueNames[value] ?? String(value);
}

/** Own genes of a block first, then those of its stage. */
const ORDER = ["kind", "ffn", "kernel", "width", "expansion", "qkvDim", "depth"];

/** `stages.2.blocks.1`: the path of its stage and its own. A stage's transition hangs on the width alone. */
function pathsOf(block: string): readonly string[] {
  if (block === "stem") return ["stages.0"];
  const stage = /^stages\.\d+/.exec(block)?.[0];
  return stage === undefined ? [] : [stage, block];
}

function fieldOf({ name }: Gene, path: string): string | undefined {
  const field = name.startsWith(`${path}.`) ? name.slice(path.length + 1) : "";
  return ORDER.includes(field) ? field : undefined;
}

/** The choices of a block by its name, as far as they matter to the network as it is; none where nothing is free. */
export function choicesOf({ space, genotype }: Design, block: string): Choice[] {
  const isTransition = block === "stem" || block.endsWith(".downsample");
  const found = pathsOf(block).flatMap((path) =>
    space.genes.flatMap((gene, index) => {
      const field = fieldOf(gene, path);
      const value = genotype[index];
      if (field === undefined || value === undefined || !space.isExpressed(genotype, index)) return [];
      if (isTransition && field !== "width") return [];
      const choice = {
        gene: index,
        label: labels[field] ?? field,
        isShared: path !== block,
        values: gene.values,
        value,
      };
      return [{ field, choice }];
    }),
  );
  return found.toSorted((a, b) => ORDER.indexOf(a.field) - ORDER.indexOf(b.field)).map(({ choice }) => choice);
}

/** The genotype with another value of one gene. */
export function edited(genotype: Genotype, gene: number, value: GeneValue): Genotype {
  return genotype.with(gene, value);
}

/** Names of genes in which two designs of one space differ, as far as either expresses them. */
export function differences(a: Design, b: Design): { readonly gene: string; readonly a: string; readonly b: string }[] {
  return a.space.genes.flatMap(({ name }, i) => {
    const shown = (design: Design) =>
      design.space.isExpressed(design.genotype, i) ? valueName(design.genotype[i] ?? "") : "–";
    const [before, after] = [shown(a), shown(b)];
    return before === after ? [] : [{ gene: name, a: before, b: after }];
  });
}
