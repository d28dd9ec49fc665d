/** @file What every search space has to hold. */

import { architectureCosts } from "../architecture/architecture.js";
import { describeStages } from "../architecture/describe.js";
import { figureSvg } from "../architecture/figure.js";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { codeOf, genotypeOfCode, keyOf } from "../spaces/identity.js";
import { fromJson, jsonText, toJson } from "../spaces/json.js";
import { readGenotype } from "../spaces/registry.js";
import type { Genotype, Role, Space } from "../spaces/space.js";
import { crossover, mutate, sample, transplant } from "../spaces/variation.js";
import { assert, assertThrows, type Check } from "./check.js";

const ROLES: readonly Role[] = ["topology", "size"];

/**
 * The checks of one space.
 * @param samples - Random genotypes that each check looks at.
 */
export function spaceConformance(space: Space, samples = 50): Check[] {
  const { name } = space;
  const genotypes = (seed: number): Genotype[] => {
    const random = seededRandom(seed);
    return Array.from({ length: samples }, () => sample(space, random));
  };
  const changed = (a: Genotype, b: Genotype) => space.genes.filter((_, i) => a[i] !== b[i]);
  const isKnown = (genotype: Genotype) => space.genes.every(({ values }, i) => values.includes(genotype[i] ?? ""));
  const isValid = (genotype: Genotype) => space.isValid?.(genotype) ?? true;
  const blueprint = (genotype: Genotype) =>
    JSON.stringify(space.build(genotype).blocks.map(({ name: block, key }) => [block, key]));

  return [
    {
      name: `${name} draws the same genotypes from the same seed, with values that its genes have`,
      run() {
        const [first, second] = [genotypes(3), genotypes(3)];
        assert(JSON.stringify(first) === JSON.stringify(second), "one seed gave two sequences");
        assert(first.every(isKnown), "a value is none of its gene's");
        assert(first.every(isValid), "a draw is not valid");
      },
    },
    {
      name: `${name} builds an architecture of every genotype, with finite costs`,
      run() {
        for (const genotype of genotypes(4)) {
          const costs = architectureCosts(space.build(genotype));
          assert(
            Object.values(costs).every((cost) => Number.isFinite(cost) && cost > 0),
            JSON.stringify(costs),
          );
        }
      },
    },
    {
      name: `${name} has architectures that can be described and drawn`,
      run() {
        for (const genotype of genotypes(12).slice(0, 5)) {
          const architecture = space.build(genotype);
          const described = describeStages(architecture).flatMap(({ blocks }) => blocks.map((block) => block.name));
          const names = architecture.blocks.map((block) => block.name);
          const figure = figureSvg(architecture);
          assert(described.toSorted().join() === names.toSorted().join(), `described are ${described}, of ${names}`);
          assert(
            names.every((block) => figure.includes(`data-block="${block}"`)),
            "a block is not drawn",
          );
        }
      },
    },
    {
      name: `${name} mutates, crosses and transplants genes of one role alone`,
      run() {
        const random = seededRandom(5);
        const others = genotypes(6);
        genotypes(5).forEach((genotype, i) => {
          const other = others[i] ?? genotype;
          for (const role of ROLES) {
            const children = [
              mutate(space, genotype, random, role, 1 + random.below(3)),
              crossover(space, genotype, other, random, role),
              transplant(space, role, other, genotype),
              sample(space, random, role, genotype),
            ];
            for (const child of children) {
              assert(isKnown(child), `a value is none of its gene's: ${JSON.stringify(child)}`);
              assert(isValid(child), `is not valid: ${JSON.stringify(child)}`);
              const strays = changed(genotype, child).filter((gene) => gene.role !== role);
              assert(strays.length === 0, `changed ${strays.map((gene) => gene.name)} in a change of ${role}`);
            }
          }
        });
      },
    },
    {
      name: `${name} mutates into another architecture`,
      run() {
        const random = seededRandom(7);
        for (const genotype of genotypes(7)) {
          const child = mutate(space, genotype, random);
          assert(changed(genotype, child).length === 1, "a mutation changes one gene");
          assert(keyOf(space, genotype) !== keyOf(space, child), "a mutation left the key as it was");
          assert(blueprint(genotype) !== blueprint(child), `${changed(genotype, child)[0]?.name} changed nothing`);
        }
      },
    },
    {
      name: `${name} builds the same architecture whatever its silent genes are`,
      run() {
        const random = seededRandom(8);
        for (const genotype of genotypes(8)) {
          const other = space.genes.map(({ values }, i) =>
            space.isExpressed(genotype, i) ? (genotype[i] ?? "") : random.pick(values),
          );
          assert(keyOf(space, genotype) === keyOf(space, other), "the key follows a silent gene");
          assert(blueprint(genotype) === blueprint(other), "the architecture follows a silent gene");
        }
      },
    },
    {
      name: `${name} unpacks the genotype that it packs, its silent genes too`,
      run() {
        for (const genotype of genotypes(14)) {
          const read = genotypeOfCode(space, codeOf(space, genotype));
          assert(JSON.stringify(read) === JSON.stringify(genotype), "other values came back");
        }
      },
    },
    {
      name: `${name} reads back the JSON that it writes`,
      run() {
        for (const genotype of genotypes(9)) {
          const text = jsonText(space, genotype);
          assert(text === JSON.stringify(toJson(space, genotype)), "the JSON text is not that of the JSON value");
          const read = readGenotype(JSON.parse(text));
          assert(JSON.stringify(read.genotype) === JSON.stringify(genotype), "other values came back");
          assert(
            blueprint(genotype) === JSON.stringify(read.space.build(read.genotype).blocks.map((b) => [b.name, b.key])),
            "another architecture came back",
          );
        }
      },
    },
    {
      name: `${name} reads back the notation that it writes, if it has one, and refuses other texts`,
      async run() {
        const { notation } = space;
        if (notation === undefined) return;
        for (const genotype of genotypes(11)) {
          const text = notation.write(genotype);
          const read = notation.read(text);
          assert(keyOf(space, read) === keyOf(space, genotype), `${text} came back as another network`);
          assert(notation.write(read) === text, `${text} came back as ${notation.write(read)}`);
          for (const wrong of ["", ` ${text}`, `${text} `, `${text}:${text}`, "nonsense"]) {
            await assertThrows(InputError, () => notation.read(wrong), `took ${JSON.stringify(wrong)}`);
          }
        }
      },
    },
    {
      name: `${name} refuses JSON with a gene missing, added, or of a value that it does not have`,
      async run() {
        const [genotype = []] = genotypes(10);
        const good = JSON.stringify(toJson(space, genotype));
        for (const broken of mutilations(JSON.parse(good))) {
          await assertThrows(InputError, () => fromJson(space, broken), `took ${JSON.stringify(broken)}`);
        }
      },
    },
  ];
}

/** Copies of a JSON value, each with one thing wrong. */
function mutilations(good: Record<string, unknown>): unknown[] {
  const results: unknown[] = [
    null,
    [],
    "text",
    7,
    {},
    { ...good, extra: 1 },
    JSON.parse(`{"__proto__": {}, ${JSON.stringify(good).slice(1)}`),
  ];
  const walk = (node: unknown, put: (value: unknown) => unknown): void => {
    if (typeof node !== "object" || node === null) {
      for (const value of [null, undefined, -1, 1e9, 0.5, "nonsense", {}, []]) results.push(put(value));
      return;
    }
    for (const [key, inner] of Object.entries(node)) {
      walk(inner, (value) => put(Array.isArray(node) ? node.with(Number(key), value) : { ...node, [key]: value }));
    }
  };
  const { space, version, options, ...genes } = good;
  walk(genes, (value) => ({ space, version, options, ...(value as object) }));
  return results;
}
