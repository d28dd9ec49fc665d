/**
 * @file A network as a chain of named blocks: what spaces build, and what is scored, drawn, exported and searched.
 * Graph, costs and flow come from the blocks; what has been derived of a block is kept by its spec and its input.
 */

import { LRUCache } from "lru-cache";
import { checkArgument, isObject, wrongArgument } from "../base/argument.js";
import { UnscorableError } from "../base/errors.js";
import type { BlockPart } from "../blocks/block.js";
import { type BlockSpec, buildBlock, partsOf } from "../blocks/registry.js";
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

/** `PlacedBlock.derived`: shared by all blocks that have its key; filled in as it is asked for. */
interface Derived {
  readonly key: string;
  readonly output: Shape;
  readonly parts: readonly DerivedPart[];
  costs?: Costs;
  /** Of its parts, one after the other. */
  readonly flow: { [N in NormalisationFlow]?: readonly Flow[] };
}

/** What is derived of a part of a block. */
interface DerivedPart {
  readonly output: Shape;
  readonly costs: Costs;
  flow(normalisation: NormalisationFlow): Flow;
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
  /** What has been computed of it so far. Not for others: it has no form that lasts. */
  readonly derived?: object;
}

/** Blocks in a row, with what they cost together: spaces keep those that come back in many networks. */
export interface BlockRun {
  readonly blocks: readonly PlacedBlock[];
  readonly output: Shape;
  readonly costs: Costs;
}

/** A search over sizes sees tens of thousands of distinct blocks, but comes back to few. By the numbers of spec and input. */
const cache = new LRUCache<number, Derived>({ max: 8192 });
const partCache = new LRUCache<number, DerivedPart>({ max: 8192 });

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
  const parts: DerivedPart[] = [];
  for (const part of partsOf(spec)) parts.push(derivePart(part, parts.at(-1)?.output ?? input));
  const fresh: Derived = {
    key: `${text}@${input.join("x")}`,
    output: parts.at(-1)?.output ?? input,
    parts,
    costs: chainCosts(parts.map(({ costs }) => costs)),
    flow: {},
  };
  cache.set(number, fresh);
  return fresh;
}

function derivePart({ data, build }: BlockPart, input: Shape): DerivedPart {
  const number = numberOf(data).number * MOST_NUMBERS + numberOf(input).number;
  const known = partCache.get(number);
  if (known !== undefined) return known;
  const flows: { [N in NormalisationFlow]?: Flow } = {};
  const fresh: DerivedPart = {
    ...countCosts(build, input),
    flow(normalisation) {
      flows[normalisation] ??= compileFlow(build, input, normalisation).flow;
      return flows[normalisation];
    },
  };
  partCache.set(number, fresh);
  return fresh;
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
  for (const block of blocks) {
    if (typeof block?.spec?.kind !== "string") {
      throw wrongArgument('chain: "spec" of a block', block?.spec, 'a spec such as { kind: "head", classes: 10 }');
    }
  }
  return { name, input, blocks: placed(input, blocks) };
}

function placed(input: Shape, blocks: Parameters<typeof chain>[2]): PlacedBlock[] {
  const row: PlacedBlock[] = [];
  let before: PlacedBlock | undefined;
  for (const block of blocks) {
    const shape: Shape = before === undefined ? input : before.output;
    const repeated: Derived | undefined =
      before !== undefined && before.spec === block.spec && isSameShape(before.input, shape)
        ? derivedOf(before)
        : undefined;
    before = placedAs(block.name, block.spec, shape, repeated ?? derive(block.spec, shape));
    row.push(before);
  }
  return row;
}

/** Lays at least one block in a row, to be put into chains by `chainOfRuns`. */
export function blockRun(input: Shape, blocks: Parameters<typeof chain>[2]): BlockRun {
  const row = placed(input, blocks);
  return { blocks: row, output: row.at(-1)?.output ?? input, costs: chainCosts(row.map(costsOfBlock)) };
}

/** A chain of rows, each of which takes what the one before it gives. */
export function chainOfRuns(name: string, input: Shape, runs: readonly BlockRun[]): Architecture {
  const blocks: PlacedBlock[] = [];
  for (const run of runs) for (const block of run.blocks) blocks.push(block);
  return { name, input, blocks, derived: runs };
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
  const derived: Derived = { key, output, parts: [], flow: {} };
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

/**
 * The whole network as one graph.
 * @throws {@link InputError} where it is no architecture.
 */
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
  const runs = architecture.derived as readonly BlockRun[] | undefined;
  return chainCosts(runs === undefined ? architecture.blocks.map(costsOfBlock) : runs.map(({ costs }) => costs));
}

/**
 * The flow of a block, or of the parts that it is made of, one after the other; compiled once for each way with normalisations.
 * @throws {@link UnscorableError} where an operator has no flow rule, or none for what it is given.
 */
export function flowOfBlock(block: PlacedBlock, normalisation: NormalisationFlow): readonly FlowProgram[] {
  const { spec } = block;
  const { flow, parts } = derivedOf(block);
  flow[normalisation] ??=
    spec.kind === "graph" ? [flowOfGraph(spec.graph, normalisation)] : parts.map((part) => part.flow(normalisation));
  return flow[normalisation].map(scorable);
}

function scorable(flow: Flow): FlowProgram {
  if (flow instanceof UnscorableError) throw flow;
  return flow;
}
