/**
 * @file Gelu before opset 20: `x Phi(x) = x (1 + erf(x / sqrt 2)) / 2`, as five nodes, written when encoding and found
 * again when decoding.
 */

/** Names of the three constants that all Gelus of a model share. */
export interface ErfConstants {
  readonly sqrt2: string;
  readonly one: string;
  readonly half: string;
}

/** A node as ONNX has it, before it is one of the closed set. */
export interface RawNode {
  readonly name: string;
  readonly opType: string;
  readonly input: string[];
  readonly output: string[];
}

interface GeluNode {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The five nodes that compute a Gelu; the last gives what the Gelu gives. */
export function geluWithErf(
  { name, inputs: [x = ""], outputs: [y = ""] }: GeluNode,
  constants: ErfConstants,
): RawNode[] {
  const step = (label: string, opType: string, ...input: string[]): RawNode => ({
    name: `${name}/${label}`,
    opType,
    input,
    output: [label === "half" ? y : `${name}/${label}:out`],
  });
  return [
    step("scale", "Div", x, constants.sqrt2),
    step("erf", "Erf", `${name}/scale:out`),
    step("shift", "Add", `${name}/erf:out`, constants.one),
    step("gate", "Mul", x, `${name}/shift:out`),
    step("half", "Mul", `${name}/gate:out`, constants.half),
  ];
}

/** The nodes that take a tensor, by its name. */
export function consumersOf<N extends RawNode>(nodes: readonly N[]): ReadonlyMap<string, readonly N[]> {
  const consumers = new Map<string, N[]>();
  for (const node of nodes) {
    for (const name of node.input) {
      const known = consumers.get(name);
      if (known === undefined) consumers.set(name, [node]);
      else known.push(node);
    }
  }
  return consumers;
}

/**
 * Replaces each run of the five nodes by one Gelu.
 * @param scalar - The value of a constant of one element, by its name.
 */
export function foldGelus<N extends RawNode>(
  nodes: readonly N[],
  scalar: (name: string) => number | undefined,
): (N | RawNode)[] {
  const consumers = consumersOf(nodes);
  const onlyConsumer = (node: N | undefined, opType: string): N | undefined => {
    const [next, ...others] = consumers.get(node?.output[0] ?? "") ?? [];
    return next?.opType === opType && others.length === 0 ? next : undefined;
  };
  const has = (node: N | undefined, value: number) =>
    node?.input.some((name) => Math.abs((scalar(name) ?? Number.NaN) - value) < 1e-6) ?? false;

  const folded = new Set<N>();
  const gelus = new Map<N, RawNode>();
  for (const scale of nodes) {
    const x = scale.input[0];
    if (scale.opType !== "Div" || x === undefined || !has(scale, Math.SQRT2)) continue;
    const erf = onlyConsumer(scale, "Erf");
    const shift = onlyConsumer(erf, "Add");
    const gate = onlyConsumer(shift, "Mul");
    const half = onlyConsumer(gate, "Mul");
    if (erf === undefined || shift === undefined || gate === undefined || half === undefined) continue;
    if (!has(shift, 1) || !has(half, 0.5) || !gate.input.includes(x)) continue;
    for (const node of [scale, erf, shift, gate]) folded.add(node);
    gelus.set(half, { name: half.name.replace(/\/half$/, ""), opType: "Gelu", input: [x], output: half.output });
  }
  return nodes.filter((node) => !folded.has(node)).map((node) => gelus.get(node) ?? node);
}
