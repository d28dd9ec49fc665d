/**
 * @file The ESFormer family: what our search finds within the budgets of EdgeNeXt-XXS, XS and S, without training a candidate
 * (the method and the space: Cavagnero et al. 2023, *Entropic Score metric: Decoupling Topology and Size in Training-free NAS*,
 * arXiv 2310.04179; the models are this project's, the paper's own are not public). Nobody has trained them yet.
 *
 * `esnas search --preset s0 --seed 0`, and s1, s2, end with these very networks; with `--recipe paper`, with those whose names begin with
 * `paper`. `docs/esformer.md` says what is seen in them.
 */

import { checkArgument, isObject } from "../base/argument.js";
import { InputError, unknownName } from "../base/errors.js";
import type { FamilyName } from "../budget/constraints.js";
import { familyTitle } from "../search/family.js";
import { DEFAULT_RECIPE } from "../search/recipes.js";
import { hybridSpace } from "../spaces/hybrid.js";
import type { GeneValue, Genotype, Space } from "../spaces/space.js";
import type { Model, ModelOptions } from "./model.js";

/** A Transformer by its feed-forward network. */
type Kind = "ibn" | "convnext" | "transformer(ibn)" | "transformer(convnext)";

interface EsformerStage {
  readonly width: number;
  readonly expansion: number;
  readonly kernel: number;
  /** Of the Transformers. */
  readonly qkvDim?: number;
  readonly blocks: readonly Kind[];
}

interface EsformerConfiguration {
  /** Of the search that has found it. */
  readonly seed: number;
  readonly stages: readonly EsformerStage[];
}

/** A preset: the model of the recommended recipe; after `paper_`, that of the paper's. */
export type EsformerName = FamilyName | `paper_${FamilyName}`;

const RESOLUTION = 256;
const [ibn, convnext] = ["ibn", "convnext"] as const;
const [encoderIbn, encoderConvnext] = ["transformer(ibn)", "transformer(convnext)"] as const;

function times(n: number, kind: Kind): Kind[] {
  return new Array<Kind>(n).fill(kind);
}

export const esformerConfigurations: Readonly<Record<EsformerName, EsformerConfiguration>> = {
  /** 1.32 M parameters, 0.255 GMACs. */
  s0: {
    seed: 0,
    stages: [
      { width: 16, expansion: 5, kernel: 3, blocks: times(2, ibn) },
      { width: 32, expansion: 6, kernel: 5, blocks: times(4, ibn) },
      {
        width: 96,
        expansion: 3,
        kernel: 9,
        qkvDim: 16,
        blocks: [...times(2, convnext), encoderConvnext, convnext, ...times(2, encoderConvnext)],
      },
      { width: 176, expansion: 2, kernel: 9, qkvDim: 32, blocks: [convnext, encoderConvnext, ...times(2, convnext)] },
    ],
  },
  /** 2.33 M parameters, 0.534 GMACs. */
  s1: {
    seed: 0,
    stages: [
      { width: 16, expansion: 5, kernel: 3, blocks: times(4, ibn) },
      { width: 64, expansion: 6, kernel: 5, blocks: times(4, ibn) },
      { width: 80, expansion: 6, kernel: 9, blocks: times(7, convnext) },
      {
        width: 248,
        expansion: 2,
        kernel: 9,
        qkvDim: 32,
        blocks: [convnext, encoderConvnext, convnext, encoderConvnext],
      },
    ],
  },
  /** 5.58 M parameters, 1.258 GMACs. */
  s2: {
    seed: 0,
    stages: [
      { width: 24, expansion: 3, kernel: 3, blocks: times(4, ibn) },
      { width: 88, expansion: 6, kernel: 7, blocks: times(4, ibn) },
      {
        width: 128,
        expansion: 6,
        kernel: 9,
        qkvDim: 32,
        blocks: [...times(3, convnext), ...times(2, encoderConvnext), convnext, encoderConvnext, ...times(2, convnext)],
      },
      { width: 384, expansion: 2, kernel: 9, qkvDim: 208, blocks: [encoderConvnext, convnext, encoderConvnext] },
    ],
  },
  /** 1.33 M parameters, 0.259 GMACs. */
  paper_s0: {
    seed: 0,
    stages: [
      { width: 16, expansion: 2, kernel: 3, blocks: times(4, ibn) },
      { width: 24, expansion: 5, kernel: 7, blocks: times(4, ibn) },
      { width: 64, expansion: 6, kernel: 9, qkvDim: 16, blocks: [...times(4, convnext), ...times(5, encoderConvnext)] },
      { width: 104, expansion: 6, kernel: 9, qkvDim: 48, blocks: [convnext, ...times(3, encoderConvnext)] },
    ],
  },
  /** 2.32 M parameters, 0.536 GMACs. */
  paper_s1: {
    seed: 0,
    stages: [
      { width: 24, expansion: 2, kernel: 7, blocks: [ibn, convnext, ...times(2, ibn)] },
      { width: 40, expansion: 6, kernel: 7, blocks: times(4, ibn) },
      {
        width: 88,
        expansion: 6,
        kernel: 9,
        qkvDim: 32,
        blocks: [encoderConvnext, convnext, ...times(2, encoderConvnext), ...times(4, convnext), encoderConvnext],
      },
      { width: 152, expansion: 5, kernel: 9, qkvDim: 16, blocks: [encoderConvnext, ...times(3, convnext)] },
    ],
  },
  /** 5.57 M parameters, 1.251 GMACs. */
  paper_s2: {
    seed: 0,
    stages: [
      { width: 24, expansion: 2, kernel: 9, blocks: times(4, ibn) },
      { width: 64, expansion: 4, kernel: 9, blocks: [...times(3, convnext), ibn] },
      {
        width: 152,
        expansion: 6,
        kernel: 9,
        qkvDim: 48,
        blocks: [...times(5, ibn), ...times(2, encoderIbn), ...times(2, ibn)],
      },
      { width: 200, expansion: 5, kernel: 9, qkvDim: 96, blocks: [...times(2, convnext), encoderConvnext, convnext] },
    ],
  },
};

/** The genes of a configuration by their names in the space. */
function genesOf({ stages }: EsformerConfiguration): ReadonlyMap<string, GeneValue> {
  const genes = stages.flatMap(({ blocks, ...sizes }, s) => [
    [`stages.${s}.depth`, blocks.length],
    ...Object.entries(sizes).map(([size, value]) => [`stages.${s}.${size}`, value]),
    ...blocks.flatMap((block, slot) => {
      const [, kind = block, ffn] = /^(\w+)\((\w+)\)$/.exec(block) ?? [];
      const path = `stages.${s}.blocks.${slot}`;
      return [[`${path}.kind`, kind], ...(ffn === undefined ? [] : [[`${path}.ffn`, ffn]])];
    }),
  ]);
  return new Map(genes as [string, GeneValue][]);
}

/**
 * A model of the family as a genotype of the hybrid space; genes that others silence have their first value.
 * @throws {@link InputError} where the space does not have the options.
 */
export function esformerGenotype(
  name: "s0" | "s1" | "s2" | "paper_s0" | "paper_s1" | "paper_s2",
  options: ModelOptions = {},
): { readonly space: Space; readonly genotype: Genotype } {
  checkArgument(isObject(options), 'esformerGenotype: "options"', options, "{ resolution, classes }");
  const { resolution = RESOLUTION, classes = 1000 } = options;
  if (typeof name !== "string" || !Object.hasOwn(esformerConfigurations, name)) {
    throw unknownName("preset of ESFormer", name, Object.keys(esformerConfigurations));
  }
  const isDefault = resolution === RESOLUTION && classes === 1000;
  const space = hybridSpace(isDefault ? {} : { input: [3, resolution, resolution], classes });
  const genes = genesOf(esformerConfigurations[name]);
  const genotype = space.genes.map(({ name, values }) => {
    const value = genes.get(name) ?? values[0];
    if (value === undefined || !values.includes(value)) throw new InputError(`the space has no ${value} for ${name}`);
    return value;
  });
  return { space, genotype };
}

function esformerModel(of: EsformerName): Model {
  const name = `esformer_${of}`;
  const [preset, paper] = of.split("_").toReversed() as [FamilyName, "paper"?];
  return {
    name,
    title: familyTitle({ preset, recipe: paper ?? DEFAULT_RECIPE }),
    resolution: RESOLUTION,
    designedBy: "search",
    build(options) {
      const { space, genotype } = esformerGenotype(of, options);
      return { ...space.build(genotype), name };
    },
  };
}

export const esformer: readonly Model[] = (Object.keys(esformerConfigurations) as EsformerName[]).map(esformerModel);
