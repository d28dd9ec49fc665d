/**
 * @file From layers to flow steps: of a block as it is built, without a graph on the way, whose names and maps would cost several
 * times what the steps do; and of a graph that is there, node by node.
 */

import { LRUCache } from "lru-cache";
import { count, GraphError, UnscorableError } from "../base/errors.js";
import { type Builder, checkedShape, type Tensor, UnnamedBuilder } from "./builder.js";
import { type MaybeField, uniform } from "./field.js";
import type { FlowProgram, FlowStep } from "./flow.js";
import { type FlowRule, type LayerWeights, type NormalisationFlow, passes } from "./flow-rule.js";
import {
  type AttributesOf,
  type Graph,
  type Node,
  type OpaqueName,
  type OperatorName,
  type Shape,
  shapeOf,
} from "./graph.js";
import { operandOf, rulesOf } from "./rules.js";
import type { SquareProgram } from "./square-flow.js";
import { squareProgramOf } from "./square-program.js";

/** What carries no signal: parameters and constants. */
const SILENT = 0;

/** The flow from an input to an output, or the reason why there is none. */
export type Flow = FlowProgram | UnscorableError;

/** The flow of what is built on a tensor of the shape `input`, and the shape that comes out. */
export function compileFlow(
  build: (b: Builder, x: Tensor) => Tensor,
  input: Shape,
  normalisation: NormalisationFlow,
): { readonly output: Shape; readonly flow: Flow } {
  const b = new FlowBuilder(normalisation);
  const x = b.input(input);
  const y = build(b, x);
  return { output: y.shape, flow: b.build(x, y) };
}

/** Flow of parts, by normalisation, key and input. */
const parts = new LRUCache<string, ReturnType<typeof compileFlow>>({ max: 4096 });

/** Stands for the rule of what has none: the flow is there all the same where no gradient comes back through it. */
interface Gap {
  readonly kind: "gap";
  /** What the node is called. */
  readonly title: string;
  /** Why the operator's rule does not apply; `undefined` where it has none. */
  readonly why: string | undefined;
}

type DraftStep = Omit<FlowStep, "rule"> & { readonly rule: FlowRule | Gap };

export class FlowBuilder extends UnnamedBuilder {
  readonly #normalisation: NormalisationFlow;
  /** What nodes are called, where it is not the operator's name. */
  readonly #titles: ReadonlyMap<string, string> | undefined;
  readonly #steps: DraftStep[] = [];
  readonly #unreached: LayerWeights[] = [];
  /** Slots that hold the axes of another one in another order. */
  readonly #permuted = new Map<number, { readonly from: number; readonly permutation: readonly number[] }>();
  readonly #slots = new Map<Tensor, number>();
  #tensors = SILENT + 1;

  constructor(normalisation: NormalisationFlow, titles?: ReadonlyMap<string, string>) {
    super();
    this.#normalisation = normalisation;
    this.#titles = titles;
  }

  /** The tensor that the signal comes in by. */
  input(shape: Shape): Tensor {
    return this.#signal("input", checkedShape("input", shape), this.#tensors++);
  }

  override part(key: string, x: Tensor, build: (b: Builder, x: Tensor) => Tensor): Tensor {
    const at = `${this.#normalisation} ${key} ${x.shape.join(" ")}`;
    const known = parts.get(at);
    const { output, flow } = known ?? compileFlow(build, x.shape, this.#normalisation);
    if (known === undefined) parts.set(at, { output, flow });
    if (flow instanceof UnscorableError) {
      const slot = this.#tensors++;
      this.#add({ kind: "gap", title: key, why: flow.message }, [this.#slots.get(x) ?? SILENT], [slot]);
      return this.#signal(key, output, slot);
    }
    const base = this.#tensors;
    this.#tensors += flow.tensors;
    const from = this.#slots.get(x) ?? SILENT;
    const slot = (inner: number) => (inner === flow.input ? from : inner === SILENT ? SILENT : base + inner);
    for (const { rule, inputs, outputs } of flow.steps) this.#add(rule, inputs.map(slot), outputs.map(slot));
    for (const each of flow.unreached) this.#unreached.push(each);
    return this.#signal(key, output, slot(flow.output));
  }

  /** Adds the step of a node whose shapes are known. What passes signal and gradient unchanged is none. */
  override step<K extends OperatorName | OpaqueName>(
    operator: K,
    name: string,
    inputs: readonly Tensor[],
    shapes: readonly Shape[],
    attributes: AttributesOf<K>,
  ): readonly Tensor[] {
    const rule = this.#rule(operator, name, inputs, shapes, attributes);
    const from = inputs.map((input) => this.#slots.get(input) ?? SILENT);
    const same = rule.kind === "gap" ? undefined : this.#sameAs(rule, from[0] ?? SILENT);
    if (same !== undefined) return shapes.map((shape) => this.#signal(name, shape, same));
    const outputs = shapes.map(() => this.#tensors++);
    this.#add(rule, from, outputs);
    return shapes.map((shape, i) => this.#signal(name, shape, outputs[i] ?? SILENT));
  }

  /** The sum of all elements of tensors of any shapes, as what is differentiated; of one tensor, the tensor itself. */
  sumOf(tensors: readonly Tensor[]): Tensor {
    const [first] = tensors;
    if (first !== undefined && tensors.length === 1) return first;
    const slot = this.#tensors++;
    const rule: FlowRule = {
      kind: "junction",
      forward: () => [uniform(1)],
      backward: (fields) => fields.map((field) => field && uniform(field.axes.length)),
    };
    this.#add(
      rule,
      tensors.map((tensor) => this.#slots.get(tensor) ?? SILENT),
      [slot],
    );
    return this.#signal("sum", [1], slot);
  }

  /** The flow from the input to a tensor, or the reason why there is none. */
  build(input: Tensor, output: Tensor): Flow {
    const slot = (tensor: Tensor) => this.#slots.get(tensor) ?? SILENT;
    const whole = reached(this.#steps, this.#unreached, slot(output));
    if (!whole.steps.every(isRuled)) return new UnscorableError(reasonOf(whole.steps));
    let square: SquareProgram | "none" | undefined;
    const program: FlowProgram = {
      // What sources have given to junctions that are narrowed is in these.
      ...reached(narrowed(whole.steps, slot(output)), whole.unreached, slot(output)),
      input: slot(input),
      output: slot(output),
      tensors: this.#tensors,
      inputShape: input.shape,
      outputShape: output.shape,
      square() {
        square ??= squareProgramOf(program) ?? "none";
        return square === "none" ? undefined : square;
      },
    };
    return program;
  }

  #add(rule: DraftStep["rule"], inputs: readonly number[], outputs: readonly number[]): void {
    const input = inputs[rule.kind === "layer" ? (rule.operand ?? 0) : 0] ?? SILENT;
    const output = outputs[0] ?? SILENT;
    this.#steps.push({ rule, inputs, outputs, input, output });
    if (rule.kind === "layer" && rule.permutation) {
      this.#permuted.set(output, { from: input, permutation: rule.permutation });
    }
  }

  /** The slot that already holds what a rule would make of a signal: that of the signal, or that which it is a permutation of. */
  #sameAs(rule: FlowRule, signal: number): number | undefined {
    if (rule === passes) return signal;
    const before = this.#permuted.get(signal);
    if (before === undefined || rule.kind !== "layer" || rule.permutation === undefined) return undefined;
    return rule.permutation.every((axis, i) => before.permutation[axis] === i) ? before.from : undefined;
  }

  #signal(name: string, shape: Shape, slot: number): Tensor {
    const tensor = { name, shape };
    this.#slots.set(tensor, slot);
    return tensor;
  }

  #rule<K extends OperatorName | OpaqueName>(
    operator: K,
    name: string,
    inputs: readonly Tensor[],
    outputs: readonly Shape[],
    attributes: AttributesOf<K>,
  ): DraftStep["rule"] {
    const { flow } = rulesOf<AttributesOf<K>>(operator);
    const title = this.#titles?.get(name) ?? operator;
    if (flow === undefined) return { kind: "gap", title, why: undefined };
    try {
      return flow({ inputs, outputs, attributes }, this.#normalisation);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      return { kind: "gap", title, why: `operator ${title} of node "${name}": ${error.message}` };
    }
  }
}

function isRuled(step: DraftStep): step is FlowStep {
  return step.rule.kind !== "gap";
}

/** `flow does not cover Einsum (2 nodes), GRU (1 node)`, and the first of the other reasons. */
function reasonOf(steps: readonly DraftStep[]): string {
  const gaps = steps.flatMap(({ rule }) => (rule.kind === "gap" ? [rule] : []));
  const counts = new Map<string, number>();
  for (const { title, why } of gaps) if (why === undefined) counts.set(title, (counts.get(title) ?? 0) + 1);
  const uncovered = [...counts].map(([title, nodes]) => `${title} (${count(nodes, "node")})`).join(", ");
  const other = gaps.find(({ why }) => why !== undefined)?.why;
  return [...(uncovered === "" ? [] : [`flow does not cover ${uncovered}`]), ...(other ? [other] : [])].join("; ");
}

/** Leaves out the steps that no gradient comes back through: query and key, branches that end. What they weigh is kept. */
function reached<Step extends DraftStep>(
  steps: readonly Step[],
  unreached: readonly LayerWeights[],
  output: number,
): { readonly steps: readonly Step[]; readonly unreached: readonly LayerWeights[] } {
  const isReached: boolean[] = [];
  isReached[output] = true;
  const kept: Step[] = [];
  const left = [...unreached];
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    if (step === undefined) continue;
    const { rule, input, inputs, outputs } = step;
    if (outputs.some((slot) => isReached[slot])) {
      kept.push(step);
      if (rule.kind === "layer") isReached[input] = true;
      else if (rule.kind !== "source") for (const slot of inputs) isReached[slot] = true;
    } else if (rule.kind === "layer" && rule.weights) {
      left.push(rule.weights);
    }
  }
  return { steps: kept.reverse(), unreached: left };
}

/** Steps of which those that junctions do for nothing are left out: what is known when they are compiled, and outputs that end. */
function narrowed(steps: readonly FlowStep[], output: number): FlowStep[] {
  const goneOnWith = new Set([output, ...steps.flatMap(({ inputs }) => inputs)]);
  const known = new Map<number, MaybeField>([[SILENT, undefined]]);
  return steps.map((step) => {
    const { rule, inputs, outputs } = step;
    if (rule.kind === "source") for (const slot of outputs) known.set(slot, rule.field);
    if (rule.kind !== "junction" || rule.narrowed === undefined) return step;
    const [signal, ...otherSignals] = inputs.filter((slot) => !known.has(slot));
    const [only, ...others] = outputs.filter((slot) => goneOnWith.has(slot));
    if (signal === undefined || only === undefined || otherSignals.length > 0 || others.length > 0) return step;
    const layer = rule.narrowed({
      operand: inputs.indexOf(signal),
      output: outputs.indexOf(only),
      fields: inputs.map((slot) => known.get(slot)),
    });
    return { rule: layer, inputs: [signal], outputs: [only], input: signal, output: only };
  });
}

/** What moves the numbers of a tensor, repeats or averages them. */
const moves = new Set<OperatorName | OpaqueName>([
  "Concat",
  "Flatten",
  "OpaqueAlongAxes",
  "OpaquePassing",
  "Pad",
  "Reshape",
  "Split",
  "Transpose",
]);

/**
 * Classifiers are scored by their logits, since the sum of what a softmax gives is a constant: the nodes from a softmax to an output,
 * between which numbers are only moved, averaged or scaled.
 */
function softmaxTailOf({ nodes, outputs, parameters, constants }: Graph): ReadonlySet<Node> {
  const isMoving = ({ operator, inputs }: Node) => {
    if (operator !== "Add" && operator !== "Mul") return moves.has(operator);
    return inputs.filter((name) => !parameters.has(name) && !constants.has(name)).length === 1;
  };
  const wanted = new Set(outputs);
  const tail = new Set<Node>();
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    if (node.operator !== "Softmax" && !isMoving(node)) continue;
    tail.add(node);
    if (node.operator !== "Softmax") for (const name of node.inputs) wanted.add(name);
  }
  return tail;
}

/** The flow of a graph, or the reason why there is none. What is differentiated is the sum of all outputs. */
export function flowOfGraph(graph: Graph, normalisation: NormalisationFlow): Flow {
  const b = new FlowBuilder(normalisation, graph.file?.titles);
  const tensors = new Map<string, Tensor>();
  const input = b.input(shapeOf(graph, graph.input));
  tensors.set(graph.input, input);
  const tensor = (name: string): Tensor => tensors.get(name) ?? { name, ...operandOf(graph, name) };
  const tail = softmaxTailOf(graph);
  /** What outputs hang on without a softmax before them. */
  const logits = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    const { operator, name, inputs, outputs, attributes } = node;
    const shapes = outputs.map((output) => shapeOf(graph, output));
    // The attributes are those of the operator; the union of nodes cannot say so.
    const step = (of: readonly Tensor[]) => b.step(operator, name, of, shapes, attributes as never);
    step(inputs.map(tensor)).forEach((result, i) => {
      tensors.set(outputs[i] ?? "", result);
    });
    if (!tail.has(node)) continue;
    const [first = ""] = inputs;
    if (operator === "Softmax") logits.set(outputs[0] ?? "", tensor(first));
    else if (inputs.some((input) => logits.has(input))) {
      step(inputs.map((input) => logits.get(input) ?? tensor(input))).forEach((result, i) => {
        logits.set(outputs[i] ?? "", result);
      });
    }
  }
  return b.build(input, b.sumOf(graph.outputs.map((output) => logits.get(output) ?? tensor(output))));
}
