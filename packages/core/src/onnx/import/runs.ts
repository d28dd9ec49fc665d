/**
 * @file Nonlinearities that exporters write as runs of element-wise nodes: GELU with Erf or with tanh, SiLU, HardSwish, Mish. A run
 * is known by what it computes: its nodes are evaluated at a few numbers and compared with the functions that have names.
 */

import type { NodeProto } from "onnx-buf";
import { floatOf } from "./attributes.js";

/** One node of a file, or several that act as one. */
export interface Unit {
  readonly nodes: readonly NodeProto[];
  /** Where the unit is a nonlinearity that was recognised: its name and the tensor that enters it. */
  readonly run?: { readonly title: NamedFunction; readonly input: string };
}

const POINTS = [-6, -3.5, -2, -1.2, -0.7, -0.3, -0.05, 0.05, 0.3, 0.7, 1.2, 2, 3.5, 6];

/** Abramowitz and Stegun 7.1.26 is not exact enough to tell GELUs apart; this series and continued fraction are. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 3) return Math.sign(x) * (1 - erfcTail(z));
  let term = z;
  let sum = z;
  for (let n = 1; n < 80; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}

function erfcTail(z: number): number {
  let fraction = z;
  for (let n = 40; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));

const named = {
  Gelu: (x: number) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  "Gelu (tanh)": (x: number) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  "Gelu (sigmoid)": (x: number) => x * sigmoid(1.702 * x),
  SiLU: (x: number) => x * sigmoid(x),
  HardSwish: (x: number) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  Mish: (x: number) => x * Math.tanh(softplus(x)),
} as const;

export type NamedFunction = keyof typeof named;

type Evaluate = (node: NodeProto, inputs: readonly number[]) => number;

const elementwise: Readonly<Record<string, Evaluate>> = {
  Abs: (_, [a = Number.NaN]) => Math.abs(a),
  Add: (_, [a = Number.NaN, b = Number.NaN]) => a + b,
  Clip: (node, [a = Number.NaN, low, high]) =>
    Math.min(
      high ?? floatOf(node, "max", Number.MAX_VALUE),
      Math.max(low ?? floatOf(node, "min", -Number.MAX_VALUE), a),
    ),
  Div: (_, [a = Number.NaN, b = Number.NaN]) => a / b,
  Erf: (_, [a = Number.NaN]) => erf(a),
  Exp: (_, [a = Number.NaN]) => Math.exp(a),
  HardSigmoid: (node, [a = Number.NaN]) =>
    Math.max(0, Math.min(1, floatOf(node, "alpha", 0.2) * a + floatOf(node, "beta", 0.5))),
  Log: (_, [a = Number.NaN]) => Math.log(a),
  Max: (_, values) => Math.max(...values),
  Min: (_, values) => Math.min(...values),
  Mul: (_, [a = Number.NaN, b = Number.NaN]) => a * b,
  Neg: (_, [a = Number.NaN]) => -a,
  Pow: (_, [a = Number.NaN, b = Number.NaN]) => a ** b,
  Relu: (_, [a = Number.NaN]) => Math.max(0, a),
  Sigmoid: (_, [a = Number.NaN]) => sigmoid(a),
  Softplus: (_, [a = Number.NaN]) => softplus(a),
  Sub: (_, [a = Number.NaN, b = Number.NaN]) => a - b,
  Tanh: (_, [a = Number.NaN]) => Math.tanh(a),
};

/** What makes a run a nonlinearity. */
const bends = new Set(["Clip", "Erf", "Exp", "HardSigmoid", "Max", "Min", "Relu", "Sigmoid", "Softplus", "Tanh"]);

/** Nodes of the longest run that is known: GELU with tanh, written out. */
const LONGEST = 12;

/**
 * Units in order: each run of element-wise nodes that computes a named function of one tensor is one.
 * @param scalarOf The value of a constant of one element, by its name.
 */
export function unitsOf(
  nodes: readonly NodeProto[],
  outputs: readonly string[],
  scalarOf: (name: string) => number | undefined,
): readonly Unit[] {
  const index = new RunIndex(nodes, outputs, scalarOf);
  const taken = new Set<NodeProto>();
  const runs = new Map<NodeProto, Unit>();
  // From the back, so that the longest run that ends in a node is looked for before its parts.
  for (const last of nodes.toReversed()) {
    if (taken.has(last) || (last.opType !== "Mul" && last.opType !== "Div")) continue;
    const unit = index.runEndingIn(last, taken);
    if (unit === undefined) continue;
    for (const node of unit.nodes) taken.add(node);
    runs.set(last, unit);
  }
  return nodes.flatMap((node) => runs.get(node) ?? (taken.has(node) ? [] : { nodes: [node] }));
}

class RunIndex {
  readonly #giver = new Map<string, NodeProto>();
  readonly #place = new Map<NodeProto, number>();
  readonly #readers = new Map<string, number>();
  readonly #scalarOf: (name: string) => number | undefined;

  constructor(nodes: readonly NodeProto[], outputs: readonly string[], scalarOf: (name: string) => number | undefined) {
    this.#scalarOf = scalarOf;
    nodes.forEach((node, i) => {
      this.#place.set(node, i);
      for (const name of node.output) this.#giver.set(name, node);
      for (const name of new Set(node.input)) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    });
    for (const name of outputs) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  /** Grows a run backwards, the latest node first, until it hangs on one tensor and has a name. */
  runEndingIn(last: NodeProto, taken: ReadonlySet<NodeProto>): Unit | undefined {
    const run = new Set<NodeProto>([last]);
    const open = new Set(this.#tensorsInto(last));
    while (open.size > 0 && run.size <= LONGEST) {
      const [input = ""] = open;
      if (open.size === 1 && this.#isClosed(run, last)) {
        const title = this.#nameOf(run, last, input);
        if (title !== undefined) return { nodes: this.#inOrder(run), run: { title, input } };
      }
      const next = this.#latest(open);
      if (next === undefined || taken.has(next) || !this.#isElementwise(next)) return undefined;
      run.add(next);
      for (const name of next.output) open.delete(name);
      for (const name of this.#tensorsInto(next)) open.add(name);
    }
    return undefined;
  }

  #tensorsInto(node: NodeProto): string[] {
    return node.input.filter((name) => name !== "" && this.#scalarOf(name) === undefined);
  }

  #isElementwise({ opType, domain }: NodeProto): boolean {
    return domain === "" && Object.hasOwn(elementwise, opType);
  }

  #latest(open: ReadonlySet<string>): NodeProto | undefined {
    const givers = [...open].map((name) => this.#giver.get(name));
    if (givers.every((giver) => giver === undefined)) return undefined;
    return givers.reduce((a, b) => ((this.#placeOf(a) ?? -1) >= (this.#placeOf(b) ?? -1) ? a : b));
  }

  #placeOf(node: NodeProto | undefined): number | undefined {
    return node === undefined ? undefined : this.#place.get(node);
  }

  /** Whether nothing outside of the run reads what is computed within. */
  #isClosed(run: ReadonlySet<NodeProto>, last: NodeProto): boolean {
    for (const node of run) {
      if (node === last) continue;
      const [output = ""] = node.output;
      let within = 0;
      for (const reader of run) if (reader.input.includes(output)) within++;
      if (this.#readers.get(output) !== within) return false;
    }
    return true;
  }

  #inOrder(run: ReadonlySet<NodeProto>): NodeProto[] {
    return [...run].toSorted((a, b) => (this.#placeOf(a) ?? 0) - (this.#placeOf(b) ?? 0));
  }

  #nameOf(run: ReadonlySet<NodeProto>, last: NodeProto, input: string): NamedFunction | undefined {
    if (![...run].some(({ opType }) => bends.has(opType))) return undefined;
    const nodes = this.#inOrder(run);
    const values = POINTS.map((point) => this.#evaluate(nodes, last, input, point));
    const names = Object.keys(named) as NamedFunction[];
    return names.find((name) => POINTS.every((x, i) => Math.abs((values[i] ?? Number.NaN) - named[name](x)) < 2e-5));
  }

  #evaluate(nodes: readonly NodeProto[], last: NodeProto, input: string, point: number): number {
    const known = new Map([[input, point]]);
    for (const node of nodes) {
      const inputs = node.input.map((name) => known.get(name) ?? this.#scalarOf(name) ?? Number.NaN);
      known.set(node.output[0] ?? "", elementwise[node.opType]?.(node, inputs) ?? Number.NaN);
    }
    return known.get(last.output[0] ?? "") ?? Number.NaN;
  }
}
