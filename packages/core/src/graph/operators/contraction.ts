/**
 * @file Products that sum over some axes and keep others, named by labels as in Einsum. https://onnx.ai/onnx/operators/onnx__Einsum.html
 *
 * Flow: linear in each factor. A product of separable fields is separable, label by label; what is differentiated by a factor is the
 * same product with the gradient in its place.
 */

import { GraphError } from "../../base/errors.js";
import { type MaybeField, meanOfProducts, normalise, type Profile, sum, uniform, zeros } from "../field.js";
import { expectedMagnitude, type FlowRule, type JunctionFlow, type LayerFlow, type Tally } from "../flow-rule.js";
import { elements, type Parameter } from "../graph.js";
import { operand, type Site } from "../operator.js";

/** A label an axis; `null` where the axis has a length of 1 and is repeated along whatever the others have. */
export type Labels = readonly (string | null)[];

/** One factor of a product: which input it is, which may be that of another one too. */
export interface Factor {
  /** Place among the node's inputs. */
  readonly input: number;
  /** Of its axes. */
  readonly labels: Labels;
}

/** A product of one or two factors, summed over the labels that do not come out. */
export interface ContractionAttributes {
  /** One or two. */
  readonly factors: readonly Factor[];
  /** Labels of what comes out. */
  readonly output: Labels;
}

interface Labelled {
  readonly field: MaybeField;
  readonly labels: Labels;
}

/** The product of two fields, summed over the labels that do not come out. */
function contracted(a: Labelled, b: Labelled, output: Labels, lengths: ReadonlyMap<string, number>): MaybeField {
  if (a.field === undefined || b.field === undefined) return undefined;
  let log = a.field.log + b.field.log;
  const profileOf = ({ field, labels }: Labelled, label: string): Profile => field?.axes[labels.indexOf(label)];
  for (const label of new Set([...a.labels, ...b.labels])) {
    if (label === null || output.includes(label)) continue;
    const mean = meanOfProducts(profileOf(a, label), profileOf(b, label));
    if (mean === 0) return undefined;
    log += Math.log((lengths.get(label) ?? 1) * mean);
  }
  const axes: Profile[] = [];
  for (const label of output) {
    const [p, q] = label === null ? [] : [profileOf(a, label), profileOf(b, label)];
    if (p === undefined || q === undefined) {
      axes.push(p ?? q);
      continue;
    }
    const both = zeros(p.length);
    for (let i = 0; i < p.length; i++) both[i] = (p[i] ?? 0) * (q[i] ?? 0);
    const mean = normalise(both);
    if (mean === 0) return undefined;
    log += Math.log(mean);
    axes.push(both);
  }
  return { log, axes };
}

/** Tells of the gradients of a weight, whose axes have profiles. */
function tallyGradient(parameter: Parameter, magnitude: number, gradient: MaybeField, tally: Tally): void {
  const count = elements(parameter.shape);
  if (gradient === undefined) {
    tally.addUnreached({ magnitude, count });
    return;
  }
  const bent = gradient.axes.filter((profile) => profile !== undefined);
  const positions = bent.reduce((product, profile) => product * profile.length, 1);
  const [columns = [1], ...others] = bent.toReversed();
  const rows = others.reduce<readonly number[]>(
    (flat, p) => p.flatMap((value) => flat.map((other) => value * other)),
    [1],
  );
  tally.add(magnitude, count / positions, gradient.log, rows, columns);
}

const one: Labelled = { field: uniform(0), labels: [] };

/** The flow of a product of one or two factors, of which one may be a weight. */
export function contractionFlow({ inputs, attributes: { factors, output } }: Site<ContractionAttributes>): FlowRule {
  const [first, second, ...others] = factors;
  if (first === undefined || others.length > 0) throw new GraphError("flow of a product needs one or two factors");
  const lengths = new Map<string, number>();
  for (const { input, labels } of factors) {
    const { shape, values } = operand(inputs, input, "a factor");
    if (values !== undefined) throw new GraphError("flow of a product needs activations and weights");
    labels.forEach((label, axis) => {
      if (label !== null) lengths.set(label, shape[axis] ?? 1);
    });
  }
  const product = (a: Labelled, b: Labelled, to: Labels) => contracted(a, b, to, lengths);
  const parameters = factors.map(({ input }) => inputs[input]?.parameter);
  const weight = parameters.findIndex((parameter) => parameter !== undefined);
  const signal = factors[weight === 0 ? 1 : 0];
  const parameter = parameters[weight];
  if (second !== undefined && parameter !== undefined) {
    if (signal === undefined || inputs[signal.input]?.parameter)
      throw new GraphError("flow of a product needs an activation");
    return weightedFlow(signal, factors[weight]?.labels ?? [], parameter, output, product);
  }
  return productFlow(first, second, output, inputs.length, product);
}

type Product = (a: Labelled, b: Labelled, to: Labels) => MaybeField;

function weightedFlow(
  { input, labels }: Factor,
  weightLabels: Labels,
  parameter: Parameter,
  output: Labels,
  product: Product,
): LayerFlow {
  const magnitude = expectedMagnitude(parameter);
  const field = magnitude === 0 ? undefined : uniform(weightLabels.length, Math.log(magnitude));
  const weight: Labelled = { field, labels: weightLabels };
  return {
    kind: "layer",
    operand: input,
    weights: { magnitude, count: elements(parameter.shape) },
    forward: (x) => product({ field: x, labels }, weight, output),
    backward: (x, g, tally) => {
      const gradient: Labelled = { field: g, labels: output };
      tallyGradient(parameter, magnitude, product({ field: x, labels }, gradient, weightLabels), tally);
      return product(gradient, weight, labels);
    },
  };
}

function productFlow(
  left: Factor,
  right: Factor | undefined,
  output: Labels,
  inputs: number,
  product: Product,
): JunctionFlow {
  const labelled = (factor: Factor | undefined, signals: readonly MaybeField[]): Labelled =>
    factor === undefined ? one : { field: signals[factor.input], labels: factor.labels };
  return {
    kind: "junction",
    forward: (signals) => [product(labelled(left, signals), labelled(right, signals), output)],
    backward: (signals, [g]) => {
      const gradient: Labelled = { field: g, labels: output };
      const parts = [
        { input: left.input, field: product(gradient, labelled(right, signals), left.labels) },
        ...(right ? [{ input: right.input, field: product(gradient, labelled(left, signals), right.labels) }] : []),
      ];
      return Array.from({ length: inputs }, (_, input) =>
        sum(parts.filter((part) => part.input === input).map(({ field }) => field)),
      );
    },
  };
}

/** The labels of a matrix product `A @ B`, as NumPy stretches it. */
export function matrixProductLabels(a: readonly number[], b: readonly number[]): ContractionAttributes {
  const rank = Math.max(a.length, b.length);
  const batch = Array.from({ length: rank - 2 }, (_, i) => `batch ${i}`);
  const ofBatch = (shape: readonly number[], other: readonly number[]): Labels =>
    shape.slice(0, -2).map((n, i) => {
      const at = i + rank - shape.length;
      const length = Math.max(n, other[i + other.length - shape.length] ?? 1);
      return n === length ? (batch[at] ?? null) : null;
    });
  return {
    factors: [
      { input: 0, labels: [...ofBatch(a, b), "row", "inner"] },
      { input: 1, labels: [...ofBatch(b, a), "inner", "column"] },
    ],
    output: [...batch, "row", "column"],
  };
}
