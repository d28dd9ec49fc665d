/**
 * @file The two spaces of NATS-Bench (Dong et al. 2021, arXiv 2009.00437), built at their real size: three stages of cells
 * with a reduction between them, for CIFAR-10 and CIFAR-100 at 32 x 32 and ImageNet16-120 at 16 x 16.
 *
 * - `nats-topology` (NAS-Bench-201): the operation of each of a cell's six edges; five cells a stage; 16, 32 and 64 channels;
 *   5^6 = 15,625 cells. All genes are topology.
 * - `nats-size`: five numbers of channels, from 8 to 64; one cell a stage, the strongest of the topology space by the
 *   authors' choice; 8^5 = 32,768 networks. All genes are size.
 */

import { z } from "zod";
import { chain } from "../architecture/architecture.js";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import { type NatsOperation, natsEdges, natsOperations } from "../blocks/nats-cell.js";
import type { BlockSpec } from "../blocks/registry.js";
import type { Notation, Space } from "./space.js";

/** Height and width of the images, and the number of classes, of the datasets that the benchmark was trained on. */
const datasets = {
  c10: { resolution: 32, classes: 10 },
  c100: { resolution: 32, classes: 100 },
  in16: { resolution: 16, classes: 120 },
} as const;

export const natsOptions = z.strictObject({ dataset: z.enum(["c10", "c100", "in16"]).default("c10") });

/** Options of the NATS-Bench spaces. */
export interface NatsOptions {
  /** The dataset of the benchmark, which decides on images and classes: CIFAR-10, CIFAR-100 (32 x 32), ImageNet16-120 (16 x 16). */
  readonly dataset: "c10" | "c100" | "in16";
}

function optionsOf(space: string, given: Partial<NatsOptions>): NatsOptions {
  const parsed = natsOptions.safeParse(given);
  if (!parsed.success) throw new InputError(`options of the space "${space}": ${firstIssue(parsed.error, given)}`);
  return parsed.data;
}

type NamedSpec = { readonly name: string; readonly spec: BlockSpec };

function network(space: string, { dataset }: NatsOptions, stem: number, body: readonly NamedSpec[]) {
  const { resolution, classes } = datasets[dataset];
  return chain(
    space,
    [1, 3, resolution, resolution],
    [
      { name: "stem", spec: { kind: "nats-stem", width: stem } },
      ...body,
      { name: "head", spec: { kind: "nats-head", classes } },
    ],
  );
}

const CELLS = 5;
const WIDTHS = [16, 32, 64];

/** The operations of a cell on each stage, with the reduction that opens the stage. */
function stagesOf(widths: readonly number[], operations: readonly NatsOperation[]): NamedSpec[] {
  return widths.flatMap((width, stage) => {
    const spec: BlockSpec = { kind: "nats-cell", operations, width };
    const cells = Array.from({ length: CELLS }, (_, i) => ({ name: `stages.${stage}.blocks.${i}`, spec }));
    const reduction: NamedSpec = { name: `stages.${stage}.downsample`, spec: { kind: "nats-reduction", width } };
    return stage === 0 ? cells : [reduction, ...cells];
  });
}

/** The topology space of NATS-Bench, which is NAS-Bench-201 (Dong and Yang 2020, arXiv 2001.00326): 15,625 cells. */
export function natsTopologySpace(given: Partial<NatsOptions> = {}): Space {
  const name = "nats-topology";
  const options = optionsOf(name, given);
  return {
    name,
    version: 1,
    options: given,
    genes: natsEdges.map((_, i) => ({ name: `edges.${i}`, role: "topology", values: natsOperations })),
    build: (genotype) => network(name, options, 16, stagesOf(WIDTHS, genotype as readonly NatsOperation[])),
    isExpressed: () => true,
    notation: cellNotation,
  };
}

/** `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|`: what comes into each of the nodes, with the node that it comes from. */
const cellNotation: Notation = {
  write(genotype) {
    const into = (node: number) =>
      natsEdges.flatMap(({ from, to }, i) => (to === node ? [`${genotype[i]}~${from}`] : [])).join("|");
    return [1, 2, 3].map((node) => `|${into(node)}|`).join("+");
  },
  read(text) {
    const operations = [...text.matchAll(/([a-z_0-9]+)~\d/g)].map(([, operation]) => operation ?? "");
    const isKnown = operations.every((name) => natsOperations.includes(name as NatsOperation));
    if (!isKnown || this.write(operations) !== text) {
      throw new InputError(`${JSON.stringify(text)} is no cell of NATS-Bench; one is ${this.write(SIZE_CELL)}`);
    }
    return operations;
  },
};

/** The cell that every network of the size space has. */
const SIZE_CELL: readonly NatsOperation[] = [
  "nor_conv_3x3",
  "nor_conv_3x3",
  "nor_conv_3x3",
  "skip_connect",
  "nor_conv_3x3",
  "nor_conv_3x3",
];

const SIZE_CHANNELS = [8, 16, 24, 32, 40, 48, 56, 64];

/** `8:16:64:64:24` */
const channelsNotation: Notation = {
  write: (genotype) => genotype.join(":"),
  read(text) {
    const channels = text.split(":").map(Number);
    const isKnown = channels.length === 5 && channels.every((width) => SIZE_CHANNELS.includes(width));
    if (!isKnown || this.write(channels) !== text) {
      throw new InputError(
        `${JSON.stringify(text)} is no network of NATS-Bench's size space: five of ${SIZE_CHANNELS}, as in 8:16:64:64:24`,
      );
    }
    return channels;
  },
};

/** The size space of NATS-Bench (Dong et al. 2021, arXiv 2009.00437): 32,768 networks by the widths of five layers. */
export function natsSizeSpace(given: Partial<NatsOptions> = {}): Space {
  const name = "nats-size";
  const options = optionsOf(name, given);
  return {
    name,
    version: 1,
    options: given,
    genes: [0, 1, 2, 3, 4].map((i) => ({ name: `channels.${i}`, role: "size", values: SIZE_CHANNELS })),
    build: (genotype) => {
      const body = genotype.map((channels, i): NamedSpec => {
        const width = Number(channels);
        const stage = Math.ceil(i / 2);
        return i % 2 === 1
          ? { name: `stages.${stage}.downsample`, spec: { kind: "nats-reduction", width } }
          : { name: `stages.${stage}.blocks.0`, spec: { kind: "nats-cell", operations: SIZE_CELL, width } };
      });
      return network(name, options, Number(genotype[0]), body);
    },
    isExpressed: () => true,
    notation: channelsNotation,
  };
}
