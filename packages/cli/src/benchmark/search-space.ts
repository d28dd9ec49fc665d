/** @file The space of a table as a search may see it: of a part of a table, only the networks that it has. */

import {
  type BenchmarkTable,
  type Gene,
  type GeneValue,
  InputError,
  type Space,
  seededRandom,
} from "@esnas/core/internal";

/** Random draws, and how many of them at least have to be in the table: fewer, and a search would starve. */
const DRAWS = 2000;
const LEAST = 40;

/**
 * @param isWhole Whether the table has every network of the space.
 * @throws {InputError} where the table has too few of the space's networks.
 */
export function searchableSpace(table: BenchmarkTable, isWhole: boolean): Space {
  const { space } = table;
  if (isWhole) return space;
  const isThere = (genotype: readonly GeneValue[]) =>
    (space.isValid?.(genotype) ?? true) && table.find(genotype) !== undefined;
  const random = seededRandom(0);
  const hits = Array.from({ length: DRAWS }, () => space.genes.map(({ values }: Gene) => random.pick(values))).filter(
    isThere,
  );
  if (hits.length < LEAST) {
    throw new InputError(
      `a search needs a table of the whole space "${space.name}": of ${DRAWS} random genotypes this one of ` +
        `${table.rows.length} rows has ${hits.length}, at least ${LEAST} are needed for a search among the rows alone`,
    );
  }
  return { ...space, isValid: isThere };
}
