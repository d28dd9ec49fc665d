/**
 * @file A network as a chain of named blocks: what spaces build, and what is scored, drawn, exported and searched.
 * Graph, costs and flow come from the blocks; what has been derived of a block is kept by its spec and its input.
 */

import { LRUCache } from "lru-cache";
import { checkArgument, isObject, wrongArgument } from "../base/argument.js";
import { UnscorableError } from "../base/errors.js";
import { type BlockSpec, buildBlock } from "../blocks/registry.js";
import { GraphBuilder, type Tensor } from "../graph/builder.js";
import { type Costs, chainCosts, costsOf, countCosts } from "../graph/cost.js";
import type { FlowProgram } from "../graph/flow.js";
import { compileFlow, type Flow, flowOfGraph } from "../graph/flow-builder.js";
import type { NormalisationFlow } from "../graph/flow-rule.js";
import { type Graph, outputOf, type Shape, shapeOf } from "../graph/graph.js";
import { isSameShape } from "../graph/operator.js";

/** A block in its place. */
export interface PlacedBlock {
  /** `stem`, `stages.2.downsample`, `stages.2.blocks.1`, `head`: the prefix of its parameters, as in PyTorch. */
  readonly name: string;
  /** Spec and input shape as text: blocks of one key are the same block and share all that is derived. */
  readonly key: string;
  /** What the block is. */
  readonly spec: BlockSpec | GraphSpec;
  /** Shape of what comes in: `[1, C, H, W]`, or `[1, L, C]` of tokens. */
  readonly input: Shape;
  /** Shape of what comes out, of the same forms, or `[1, classes]` of a head. */
  readonly output: Shape;
  /** What has been computed of the block so far. Not for others: it has no form that lasts. */
  readonly derived: object;
}

/** `PlacedBlock.derived`: its graph apart, shared by all blocks that have its key; filled in as it is asked for. */
interface Derived {
  readonly key: string;
  readonly output: Shape;
  costs?: Costs;
  readonly flow: { [N in NormalisationFlow]?: Flow };
}

/** A block that is given as a graph of its own, such as a network from a file. Its parameters keep their names. */
export interface GraphSpec {
  /** Says that the block is a graph. */
  readonly kind: "graph";
  /** The graph; it has one output. */
  readonly graph: Graph;
}

/** A network as a chain of blocks, from an image to what its head gives. Made by a space, by a model, by `chain` or from a file. */
export interface Architecture {
  /** What the network is called in files, tables and drawings. */
  readonly name: string;
  /** `[1, C, H, W]` */
  readonly input: Shape;
  /** In order, from the image to the head. */
  readonly blocks: readonly PlacedBlock[];
}

/** A search over sizes sees tens of thousands of distinct blocks, but comes back to few. By the numbers of spec and input. */
const cache = new LRUCache<number, Derived>({ max: 8192 });

/**
 * Specs and shapes are data; a number stands for each text, so that objects that were seen before, as those that spaces keep, are
 * looked up without writing them out. A text that was forgotten has another number when it comes back, and is derived again.
 */
const numbered = new WeakMap<object, Numbered>();
const numbersByText = new LRUCache<string, number>({ max: 8192 });
const MOST_NUMBERS = 2 ** 26;
let numbersGiven = 0;

interface Numbered {
  readonly number: number;
  readonly text: string;
}

function numberOf(data: object): Numbered {
  const known = numbered.get(data);
  if (known !== undefined) return known;
  const text = JSON.stringify(data);
  let number = numbersByText.get(text);
  if (number === undefined) {
    number = numbersGiven++;
    numbersByText.set(text, number);
  }
  const fresh = { number, text };
  numbered.set(data, fresh);
  return fresh;
}

/**
 * Costs and output come of one pass over the block's layers: a search needs both of every candidate that it considers, the flow of
 * those that keep the budget, which are fewer than half, and seldom a graph.
 */
function derive(spec: BlockSpec, input: Shape): Derived {
  const { number: specNumber, text } = numberOf(spec);
  const number = specNumber * MOST_NUMBERS + numberOf(input).number;
  const known = cache.get(number);
  if (known !== undefined) return known;
  const { output, costs } = countCosts((b, x) => buildBlock(b, x, spec), input);
  const fresh: Derived = { key: `${text}@${input.join("x")}`, output, costs, flow: {} };
  cache.set(number, fresh);
  return fresh;
}

function flowOfSpec(spec: BlockSpec, input: Shape, normalisation: NormalisationFlow) {
  return compileFlow((b, x) => buildBlock(b, x, spec), input, normalisation);
}

/**
 * Lays blocks in a chain.
 * @param input - `[1, C, H, W]`
 * @throws {@link GraphError} where a block cannot take what the one before it gives.
 */
export function chain(
  name: string,
  input: Shape,
  blocks: readonly { readonly name: string; readonly spec: BlockSpec }[],
): Architecture {
  checkArgument(isShape(input), 'chain: "input"', input, "a shape such as [1, 3, 224, 224]");
  checkArgument(Array.isArray(blocks), 'chain: "blocks"', blocks, "a list of { name, spec }");
  const placed: PlacedBlock[] = [];
  let before: PlacedBlock | undefined;
  for (const block of blocks) {
    if (typeof block?.spec?.kind !== "string") {
      throw wrongArgument('chain: "spec" of a block', block?.spec, 'a spec such as { kind: "head", classes: 10 }');
    }
    const shape: Shape = before === undefined ? input : before.output;
    const repeated: Derived | undefined =
      before !== undefined && before.spec === block.spec && isSameShape(before.input, shape)
        ? derivedOf(before)
        : undefined;
    before = placedAs(block.name, block.spec, shape, repeated ?? derive(block.spec, shape));
    placed.push(before);
  }
  return { name, input, blocks: placed };
}

function derivedOf(block: PlacedBlock): Derived {
  return block.derived as Derived;
}

function placedAs(name: string, spec: PlacedBlock["spec"], input: Shape, derived: Derived): PlacedBlock {
  return { name, key: derived.key, spec, input, output: derived.output, derived };
}

/** Numbers the graphs that were given: a graph of its own is a block of its own, whatever its name. */
const graphNumbers = new WeakMap<Graph, number>();
let graphsGiven = 0;

function graphNumber(graph: Graph): number {
  const known = graphNumbers.get(graph);
  if (known !== undefined) return known;
  graphNumbers.set(graph, ++graphsGiven);
  return graphsGiven;
}

/** A network that is given as a graph: a chain of the one block. */
export function fromGraph(graph: Graph): Architecture {
  const input = shapeOf(graph, graph.input);
  const output = shapeOf(graph, outputOf(graph));
  const key = `graph ${graphNumber(graph)}`;
  const derived: Derived = { key, output, flow: {} };
  const block: PlacedBlock = { name: "", key, spec: { kind: "graph", graph }, input, output, derived };
  return { name: graph.name, input, blocks: [block] };
}

/** Graphs take 100 kB each, and are wanted again while their blocks are run. */
const graphs = new LRUCache<Derived, Graph>({ max: 256 });

/** The graph of one block by itself. Its parameters lack the block's name, so that equal blocks share it. */
export function blockGraph(block: PlacedBlock): Graph {
  if (block.spec.kind === "graph") return block.spec.graph;
  const known = graphs.get(derivedOf(block));
  if (known !== undefined) return known;
  const fresh = graphOfSpec(block);
  graphs.set(derivedOf(block), fresh);
  return fresh;
}

function graphOfSpec({ spec, input }: PlacedBlock): Graph {
  if (spec.kind === "graph") return spec.graph;
  const b = new GraphBuilder(spec.kind);
  return b.build([buildBlock(b, b.input("input", input), spec)]);
}

/** The name in the whole network of a parameter of a block's own graph. */
export function parameterName(block: PlacedBlock, parameter: string): string {
  return block.name === "" ? parameter : `${block.name}.${parameter}`;
}

function isShape(given: unknown): boolean {
  return Array.isArray(given) && given.every((n) => Number.isInteger(n) && n > 0);
}

/** @throws {@link InputError} where it is no architecture. */
export function checkArchitecture(call: string, architecture: Architecture): void {
  const holds =
    isObject(architecture) &&
    Array.isArray(architecture.blocks) &&
    // The first stands for all: searches ask for the costs of a candidate tens of thousands of times a second.
    (architecture.blocks.length === 0 || isObject(architecture.blocks[0]?.derived));
  if (!holds) throw wrongArgument(`${call}: "architecture"`, architecture, "an architecture, as a space builds one");
}

/** The whole network as one graph. */
export function graphOf(architecture: Architecture): Graph {
  checkArchitecture("graphOf", architecture);
  const [first] = architecture.blocks;
  if (first?.spec.kind === "graph") return first.spec.graph;
  const b = new GraphBuilder(architecture.name);
  let x: Tensor = b.input("input", architecture.input);
  for (const { name, spec } of architecture.blocks) {
    if (spec.kind !== "graph") x = b.block(name, () => buildBlock(b, x, spec));
  }
  return b.build([x]);
}

/** Costs of one block by itself. */
export function costsOfBlock(block: PlacedBlock): Costs {
  const derived = derivedOf(block);
  derived.costs ??= costsOf(graphOfSpec(block));
  return derived.costs;
}

/** Costs of the whole network, summed over its blocks. */
export function architectureCosts(architecture: Architecture): Costs {
  checkArchitecture("architectureCosts", architecture);
  return chainCosts(architecture.blocks.map(costsOfBlock));
}

/**
 * The flow steps of a block, compiled once for each way with normalisations.
 * @throws {@link UnscorableError} where an operator has no flow rule, or none for what it is given.
 */
export function flowOfBlock(block: PlacedBlock, normalisation: NormalisationFlow): FlowProgram {
  const { spec, input } = block;
  const { flow } = derivedOf(block);
  flow[normalisation] ??=
    spec.kind === "graph" ? flowOfGraph(spec.graph, normalisation) : flowOfSpec(spec, input, normalisation).flow;
  const program = flow[normalisation];
  if (program instanceof UnscorableError) throw program;
  return program;
}
