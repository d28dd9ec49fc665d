/** @file The networks that are timed part by part: the family, a cell of NATS-Bench in its whole network, MobileNetV2. */

import {
  type Architecture,
  type Constraints,
  esformerGenotype,
  type FamilyName,
  familyBudgets,
  type Genotype,
  modelNamed,
  type Space,
  spaceOf,
} from "@esnas/core/internal";

/** What a search in the network's space would do to candidates. */
export interface Surroundings {
  readonly space: Space;
  readonly constraints: Constraints;
  readonly genotype: Genotype;
}

export interface Subject {
  readonly name: string;
  readonly architecture: Architecture;
  /** Absent for a network that is of no space. */
  readonly surroundings?: Surroundings;
}

/** Convolutions of 3 x 3 and the skip that makes residual blocks of them: close to the best of the benchmark. */
const CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

export const subjectNames = ["s0", "s1", "s2", "nats-cell", "mobilenetv2"] as const;

export type SubjectName = (typeof subjectNames)[number];

export function subjectNamed(name: SubjectName): Subject {
  switch (name) {
    case "nats-cell":
      return natsCell(name);
    case "mobilenetv2":
      return { name, architecture: modelNamed("mobilenetv2_100").build() };
    default:
      return { name, ...esformer(name) };
  }
}

/** A model of the family, with the space and the budget that it was found in. */
export function esformer(preset: FamilyName): {
  readonly architecture: Architecture;
  readonly surroundings: Surroundings;
} {
  const { space, genotype } = esformerGenotype(preset);
  return { architecture: space.build(genotype), surroundings: { space, genotype, constraints: familyBudgets[preset] } };
}

function natsCell(name: string): Subject {
  const space = spaceOf("nats-topology");
  const genotype = space.notation?.read(CELL);
  if (genotype === undefined) throw new Error("nats-topology has a notation");
  return { name, architecture: space.build(genotype), surroundings: { space, genotype, constraints: {} } };
}
