/** @file A network for other images, or with another number of classes, and whether it takes images of any size. */

import { checkArgument } from "../base/argument.js";
import { GraphError, InputError, UnscorableError } from "../base/errors.js";
import type { BlockSpec } from "../blocks/registry.js";
import { type Constant, type Graph, type Shape, shapeOf } from "../graph/graph.js";
import { isSameShape, show } from "../graph/operator.js";
import { type Architecture, chain, checkArchitecture, graphOf } from "./architecture.js";

/** What a network is to be for; what is absent stays as it is. */
export interface InputSize {
  readonly channels?: number;
  /** Height and width. */
  readonly resolution?: readonly [number, number];
  readonly classes?: number;
}

/**
 * The same blocks for other images, or with a classifier for another number of classes.
 * @throws {@link InputError} where a block cannot take what the one before it gives, or where the network was given as a graph or
 * has no classifier.
 */
export function resized(architecture: Architecture, { channels, resolution, classes }: InputSize): Architecture {
  const [, ownChannels = 1, height = 1, width = 1] = architecture.input;
  const input = [1, channels ?? ownChannels, ...(resolution ?? [height, width])];
  const blocks = architecture.blocks.map(({ name, spec }) => {
    if (spec.kind === "graph") throw new InputError(`"${architecture.name}" is a graph, whose input has one size`);
    return { name, spec: withClasses(spec, classes) };
  });
  if (classes !== undefined && !blocks.some(({ spec }) => "classes" in spec)) {
    throw new InputError(`"${architecture.name}" has no classifier`);
  }
  return takingImages(architecture.name, input, () => chain(architecture.name, input, blocks));
}

/**
 * Builds a network for images that somebody has asked for.
 * @param input - `[1, C, H, W]`
 * @throws {@link InputError} where it cannot take them.
 */
export function takingImages(name: string, input: Shape, build: () => Architecture): Architecture {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new InputError(`"${name}" cannot take images of ${show(input.slice(2))}: ${error.message}`);
  }
}

function withClasses(spec: BlockSpec, classes: number | undefined): BlockSpec {
  return classes !== undefined && "classes" in spec ? { ...spec, classes } : spec;
}

/** Multiples of every stride that networks have, not the same for height and width. */
const OTHER_SIZE = [128, 256] as const;

/**
 * Checks that the graph of a network is one and the same for images of any size, but for lengths that it can look up while it
 * runs: builds it for another size, and compares.
 * @throws {@link InputError} where it is not, naming what differs.
 */
export function checkAnySize(architecture: Architecture): void {
  const [, , height = 1, width = 1] = architecture.input;
  const graph = graphOf(architecture);
  const other = graphOf(resized(architecture, { resolution: [height + OTHER_SIZE[0], width + OTHER_SIZE[1]] }));
  const part = firstDifference(graph, other);
  if (part !== undefined) {
    throw new InputError(
      `"${architecture.name}" cannot take images of any size: "${part}" hangs on it; give a resolution instead`,
    );
  }
}

function firstDifference(a: Graph, b: Graph): string | undefined {
  const nodes = a.nodes.find((node, i) => JSON.stringify(node) !== JSON.stringify(b.nodes[i]));
  if (nodes !== undefined || a.nodes.length !== b.nodes.length) return nodes?.name ?? a.name;
  for (const [name, { shape }] of a.parameters) {
    if (!isSameShape(shape, shapeIn(b, name))) return name;
  }
  for (const constant of a.constants.values()) {
    const counterpart = b.constants.get(constant.name);
    if (counterpart === undefined || !isSameShape(fixed(constant), fixed(counterpart))) return constant.name;
  }
  return a.outputs.find((output) => shapeOf(a, output).length !== shapeOf(b, output).length);
}

function shapeIn(graph: Graph, tensor: string): Shape {
  return graph.shapes.get(tensor) ?? [];
}

function fixed({ values, lengths }: Constant): readonly number[] {
  return values.slice(0, lengths?.axis);
}

/**
 * The same blocks for images of at most `resolution` pixels a side. A network from a file keeps its input.
 * @throws {@link UnscorableError} where the images are too small for the network; {@link InputError} where an argument is of another form.
 */
export function atResolution(architecture: Architecture, resolution: number): Architecture {
  checkArchitecture("atResolution", architecture);
  checkArgument(typeof resolution === "number", 'atResolution: "resolution"', resolution, "a number of pixels");
  const [, channels = 1, height = 1, width = 1] = architecture.input;
  if (Math.max(height, width) <= resolution) return architecture;
  const blocks = architecture.blocks.flatMap(({ name, spec }) => (spec.kind === "graph" ? [] : [{ name, spec }]));
  if (blocks.length < architecture.blocks.length) return architecture;
  try {
    return chain(architecture.name, [1, channels, Math.min(height, resolution), Math.min(width, resolution)], blocks);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new UnscorableError(`"${architecture.name}" cannot take images of ${resolution} pixels: ${error.message}`);
  }
}
