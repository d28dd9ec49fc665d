/** @file The spaces that others trained as a whole: how many rows their tables have, and on which datasets. */

export interface GroundTruth {
  /** Rows of the whole table. */
  readonly rows: number;
  readonly datasets: readonly string[];
  /** What the space is made with, so that networks have the input and the classes of the dataset. */
  spaceOptions(dataset: string): Readonly<Record<string, unknown>>;
}

const nats = {
  datasets: ["c10", "c100", "in16"],
  spaceOptions: (dataset: string) => (dataset === "c10" ? {} : { dataset }),
};

/** By the names of the spaces. A space that is not here has tables of any number of rows, on any dataset. */
const groundTruths: ReadonlyMap<string, GroundTruth> = new Map([
  ["nats-topology", { rows: 15_625, ...nats }],
  ["nats-size", { rows: 32_768, ...nats }],
  // Of 3,086 trainings.
  ["mnasnet", { rows: 3075, datasets: ["imagenet"], spaceOptions: () => ({}) }],
  // Of the 6,561 codes; others are the same networks.
  ["nasbench-macro", { rows: 3969, datasets: ["c10"], spaceOptions: () => ({}) }],
  ["nasbench101", { rows: 423_624, datasets: ["c10"], spaceOptions: () => ({}) }],
]);

export function groundTruthOf(space: string): GroundTruth | undefined {
  return groundTruths.get(space);
}
