/**
 * @file Functions that exporters write as several nodes, known by what they compute. A run of nodes is evaluated on a few numbers; what
 * comes out is compared with activations, or, where the run takes means over an axis on which these numbers lie, with normalisations.
 */

import { TensorProto_DataType as DataType, type NodeProto } from "onnx-buf";
import { floatOf, intOf } from "../file/attributes.js";

/** One operator that computes what a run computes. */
export interface KnownFunction {
  readonly opType: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | string>>;
  /** What tables call it, where that is not its operator. */
  readonly title?: string;
  /** Which of the stored tensors of the run are its further operands, in order. */
  readonly operands?: readonly number[];
}

/** A float32 cannot tell more. */
const TOLERANCE = 2e-5;

/** Where constants of the run were float16. */
const HALF_TOLERANCE = 2e-3;

const FAR = 1e6;

/** The last is so far out that a bound shows. */
export const POINTS: readonly number[] = [-6, -3.5, -2, -1.2, -0.7, -0.3, -0.05, 0.05, 0.3, 0.7, 1.2, 2, 3.5, 6, FAR];

/** Numbers on an axis that is normalised. */
export const SAMPLES: readonly number[] = [-1.9, 0.4, 1.3, -0.2, 2.6, 0.9, -0.7, 1.1];

/** What stands for the elements of the `i`-th stored tensor of a run: of either sign, so that a bend behind them shows. */
export function standInOf(i: number, length: number): readonly number[] {
  return Array.from({ length }, (_, at) => {
    const sign = (at >> i) & 1 ? -1 : 1;
    return sign * (0.3 + 0.5 * ((0.618 * (at + 1) + 0.37 * (i + 1)) % 1));
  });
}

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
const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));

/** What is left out is `undefined`. */
type Evaluate = (node: NodeProto, inputs: readonly (number | undefined)[]) => number;

/** ONNX's element-wise operators on numbers; comparisons give 0 or 1. */
export const elementwise: Readonly<Record<string, Evaluate | undefined>> = {
  Abs: (_, [a = Number.NaN]) => Math.abs(a),
  Add: (_, [a = Number.NaN, b = Number.NaN]) => a + b,
  Cast: (node, [a = Number.NaN]) => (intOf(node, "to", 0) === DataType.BOOL ? Number(a !== 0) : a),
  Clip: (node, [a = Number.NaN, low, high]) =>
    clamp(a, low ?? floatOf(node, "min", -Number.MAX_VALUE), high ?? floatOf(node, "max", Number.MAX_VALUE)),
  Div: (_, [a = Number.NaN, b = Number.NaN]) => a / b,
  Erf: (_, [a = Number.NaN]) => erf(a),
  Exp: (_, [a = Number.NaN]) => Math.exp(a),
  Expand: (_, [a = Number.NaN]) => a,
  Greater: (_, [a = Number.NaN, b = Number.NaN]) => Number(a > b),
  GreaterOrEqual: (_, [a = Number.NaN, b = Number.NaN]) => Number(a >= b),
  HardSigmoid: (node, [a = Number.NaN]) => clamp(floatOf(node, "alpha", 0.2) * a + floatOf(node, "beta", 0.5), 0, 1),
  Identity: (_, [a = Number.NaN]) => a,
  Less: (_, [a = Number.NaN, b = Number.NaN]) => Number(a < b),
  LessOrEqual: (_, [a = Number.NaN, b = Number.NaN]) => Number(a <= b),
  Log: (_, [a = Number.NaN]) => Math.log(a),
  Max: (_, values) => values.reduce<number>((a, b = Number.NaN) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  Min: (_, values) => values.reduce<number>((a, b = Number.NaN) => Math.min(a, b), Number.POSITIVE_INFINITY),
  Mul: (_, [a = Number.NaN, b = Number.NaN]) => a * b,
  Neg: (_, [a = Number.NaN]) => -a,
  Pow: (_, [a = Number.NaN, b = Number.NaN]) => a ** b,
  Reciprocal: (_, [a = Number.NaN]) => 1 / a,
  Relu: (_, [a = Number.NaN]) => Math.max(0, a),
  Sigmoid: (_, [a = Number.NaN]) => sigmoid(a),
  Softplus: (_, [a = Number.NaN]) => softplus(a),
  Sqrt: (_, [a = Number.NaN]) => Math.sqrt(a),
  Sub: (_, [a = Number.NaN, b = Number.NaN]) => a - b,
  Sum: (_, values) => values.reduce<number>((a, b = Number.NaN) => a + b, 0),
  Tanh: (_, [a = Number.NaN]) => Math.tanh(a),
  Where: (_, [condition = Number.NaN, a = Number.NaN, b = Number.NaN]) => (condition ? a : b),
};

/** What makes a run more than sums and products. */
export const bends: ReadonlySet<string> = new Set([
  "Abs",
  "Clip",
  "Erf",
  "Exp",
  "Greater",
  "GreaterOrEqual",
  "HardSigmoid",
  "Less",
  "LessOrEqual",
  "Max",
  "Min",
  "Relu",
  "Sigmoid",
  "Softplus",
  "Tanh",
]);

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const meanSquare = (values: readonly number[]) => mean(values.map((x) => x * x));

/** ONNX's reductions of an axis of `n`, of which a few numbers are given. */
export const reductions: Readonly<Record<string, ((values: readonly number[], n: number) => number) | undefined>> = {
  ReduceL2: (values, n) => Math.sqrt(n * meanSquare(values)),
  ReduceMax: (values) => values.reduce((a, b) => Math.max(a, b)),
  ReduceMean: mean,
  ReduceSum: (values, n) => n * mean(values),
  ReduceSumSquare: (values, n) => n * meanSquare(values),
};

interface Candidate extends KnownFunction {
  readonly f: (x: number) => number;
  /** Whether it is known far out too; functions of exponentials need not be, where runs compute infinity over infinity. */
  readonly isFar?: boolean;
}

const fixed: readonly Candidate[] = [
  { opType: "Relu", f: (x) => Math.max(0, x), isFar: true },
  { opType: "Gelu", f: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2 },
  {
    opType: "Gelu",
    title: "Gelu (tanh)",
    attributes: { approximate: "tanh" },
    f: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  },
  { opType: "HardSwish", f: (x) => x * clamp(x / 6 + 0.5, 0, 1) },
  { opType: "Mish", f: (x) => x * Math.tanh(softplus(x)) },
  { opType: "Selu", f: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)) },
  { opType: "Sigmoid", f: sigmoid },
  { opType: "Softplus", f: softplus },
  { opType: "Softsign", f: (x) => x / (1 + Math.abs(x)) },
  { opType: "Tanh", f: Math.tanh },
];

/** Functions with a number of their own, solved from what a run gives. */
function solved(values: readonly number[]): Candidate[] {
  const at = (x: number) => values[POINTS.indexOf(x)] ?? Number.NaN;
  const bound = at(FAR);
  const slope = (at(0.05) - at(-0.05)) / 0.1;
  const middle = (at(0.05) + at(-0.05)) / 2;
  const leak = at(-2) / -2;
  const alpha = at(-2) / Math.expm1(-2);
  const share = at(1.2) / 1.2;
  const beta = Math.log(share / (1 - share)) / 1.2;
  const isSiLU = Math.abs(beta - 1) < 1e-4;
  const isGelu = Math.abs(beta - 1.702) < 1e-3;
  const candidates: (Candidate | false)[] = [
    bound > 0 && {
      opType: "Clip",
      attributes: { min: 0, max: bound },
      f: (x) => clamp(x, 0, bound),
      isFar: true,
    },
    slope > 0 &&
      middle > 0 &&
      middle < 1 && {
        opType: "HardSigmoid",
        attributes: { alpha: slope, beta: middle },
        f: (x) => clamp(slope * x + middle, 0, 1),
      },
    Math.abs(leak) > 1e-4 &&
      Math.abs(leak) < 1 - 1e-4 && {
        opType: "LeakyRelu",
        attributes: { alpha: leak },
        f: (x) => (x > 0 ? x : leak * x),
        isFar: true,
      },
    alpha > 1e-4 && { opType: "Elu", attributes: { alpha }, f: (x) => (x > 0 ? x : alpha * Math.expm1(x)) },
    beta > 1e-2 && {
      ...(isSiLU
        ? { opType: "Swish", title: "SiLU" }
        : {
            opType: "QuickGelu",
            domain: "com.microsoft",
            attributes: { alpha: beta },
            title: isGelu ? "Gelu (sigmoid)" : "Swish",
          }),
      f: (x) => x * sigmoid((isSiLU ? 1 : beta) * x),
    },
  ];
  return candidates.filter((candidate) => candidate !== false);
}

/** A slope for each channel: the stored slopes, or, as Keras has them, their negatives multiply what is below 0. */
function slopes(
  stored: readonly (readonly number[])[],
): readonly { known: KnownFunction; values: readonly number[] }[] {
  const [slope, ...others] = stored;
  if (slope === undefined || others.length > 0) return [];
  return [1, -1].map((sign) => ({
    known: { opType: "PRelu", operands: [0], ...(sign < 0 && { attributes: { negated: 1 } }) },
    values: POINTS.map((x, i) => (x > 0 ? x : sign * (slope[i] ?? Number.NaN) * x)),
  }));
}

function isClose(a = Number.NaN, b = Number.NaN, tolerance = TOLERANCE): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b) / 10);
}

function isNear(values: readonly number[], others: readonly number[], tolerance: number): boolean {
  return values.every((value, i) => isClose(value, others[i], tolerance));
}

function gives(values: readonly number[], { f, isFar = false }: Candidate, tolerance: number): boolean {
  return POINTS.every((x, i) => (x === FAR && !isFar) || isClose(values[i], f(x), tolerance));
}

/**
 * The activation that gives `values` at the points.
 * @param stored - What stood for the elements of stored tensors.
 */
export function activationOf(
  values: readonly number[],
  stored: readonly (readonly number[])[],
  isHalf: boolean,
): KnownFunction | undefined {
  if (stored.length > 0) return slopes(stored).find((slope) => isNear(values, slope.values, TOLERANCE))?.known;
  const candidates = [...fixed, ...solved(values)];
  for (const tolerance of isHalf ? [TOLERANCE, HALF_TOLERANCE] : [TOLERANCE]) {
    const found = candidates.find((candidate) => gives(values, candidate, tolerance));
    if (found !== undefined) {
      const { f: _, isFar: __, ...known } = found;
      return known;
    }
  }
  return undefined;
}

/** Above this a normalisation adds more than rounding asks for. */
const LARGEST_EPSILON = 0.1;

interface Normal {
  readonly opType: string;
  readonly title?: string;
  readonly centre: number;
  readonly power: number;
}

/** Which of the stored tensors are scale and bias; -1: there is no such. */
function ordersOf(stored: number): readonly (readonly number[])[] {
  if (stored === 0) return [[]];
  return stored === 1
    ? [[0], [-1, 0]]
    : [
        [0, 1],
        [1, 0],
      ];
}

/**
 * The normalisation that a run computes of numbers on the axis that it takes means of.
 * @param evaluate - What the run gives for numbers in place of those of the axis.
 * @param n - How many numbers the axis has.
 */
export function normalisationOf(
  evaluate: (values: readonly number[]) => readonly number[],
  stored: readonly (readonly number[])[],
  n: number,
): KnownFunction | undefined {
  if (stored.length > 2) return undefined;
  const large = SAMPLES.map((x) => 1e3 * x);
  const small = SAMPLES.map((x) => 1e-3 * x);
  const [values, ofLarge, ofSmall] = [evaluate(SAMPLES), evaluate(large), evaluate(small)];
  if (stored.length === 0) {
    const exponentials = SAMPLES.map((x) => Math.exp(x));
    const softmax = exponentials.map((e) => e / (n * mean(exponentials)));
    if (isNear(values, softmax, TOLERANCE)) return { opType: "Softmax" };
  }
  const centre = mean(SAMPLES);
  const power = meanSquare(SAMPLES);
  const normals: readonly Normal[] = [
    { opType: "LayerNormalization", centre, power: power - centre ** 2 },
    { opType: "SimplifiedLayerNormalization", title: "RMSNormalization", centre: 0, power },
    { opType: "LpNormalization", centre: 0, power: n * power },
  ];
  for (const operands of ordersOf(stored.length)) {
    const scale = stored[operands[0] ?? -1];
    const bias = stored[operands[1] ?? -1];
    const affine = (x: number, i: number) => x * (scale?.[i] ?? 1) + (bias?.[i] ?? 0);
    for (const { opType, title, centre: middle, power: of } of normals) {
      const normal = (factor: number, epsilon: number) =>
        SAMPLES.map((x, i) => affine((factor * (x - middle)) / Math.sqrt(factor ** 2 * of + epsilon), i));
      // Far from 0 what is added does not show, near it it does.
      if (!isNear(ofLarge, normal(1e3, 0), 1e-4)) continue;
      const at = SAMPLES.length - 1;
      const unscaled = ((ofSmall[at] ?? 0) - (bias?.[at] ?? 0)) / (scale?.[at] ?? 1);
      const epsilon = ((1e-3 * ((SAMPLES[at] ?? 0) - middle)) / unscaled) ** 2 - 1e-6 * of;
      const isAdded = epsilon < LARGEST_EPSILON && isNear(ofSmall, normal(1e-3, Math.max(0, epsilon)), 1e-4);
      if (!isAdded || !isNear(values, normal(1, Math.max(0, epsilon)), 1e-4)) continue;
      const attributes = opType === "LpNormalization" ? { p: 2 } : { epsilon: Math.max(0, epsilon) };
      if (opType === "LpNormalization" && stored.length > 0) continue;
      return { opType, ...(title !== undefined && { title }), attributes, operands };
    }
  }
  return undefined;
}
