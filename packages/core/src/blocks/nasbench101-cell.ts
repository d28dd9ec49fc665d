/**
 * @file A cell of NAS-Bench-101 (Ying et al. 2019, arXiv 1902.09635): a graph of at most seven vertices, of which the first
 * is the input, the last is the output, and each one between applies an operation to the sum of what comes in.
 *
 * Channels are as in the benchmark: the vertices that feed the output share its channels, the first of them taking one more
 * where these do not divide; any other has as many as the widest that it feeds. The input comes in through a 1 x 1
 * convolution, a tensor with a channel too many is cut. What feeds the output is concatenated, and the input added to it.
 */

import { GraphError } from "../base/errors.js";
import { largest } from "../base/extremes.js";
import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { convNormRelu, maxPool2d, sumOf } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The operations in the benchmark's names and order. */
export const nasbench101Operations = [
  "conv3x3-bn-relu",
  "conv1x1-bn-relu",
  "maxpool3x3",
] as const satisfies Nasbench101Operation[];

/** An operation of a vertex, by its name in the benchmark. */
export type Nasbench101Operation = "conv3x3-bn-relu" | "conv1x1-bn-relu" | "maxpool3x3";

/** A graph without vertices that the input does not reach, or that do not reach the output. */
export interface Nasbench101Cell {
  /** Of the vertices between input and output. */
  readonly operations: readonly Nasbench101Operation[];
  /** From the lower vertex to the higher; 0 is the input, `operations.length + 1` the output. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** A cell of NAS-Bench-101. */
export interface Nasbench101CellSpec extends Nasbench101Cell {
  /** Which block it is. */
  readonly kind: "nasbench101-cell";
  /** Channels of the output. */
  readonly width: number;
}

/** Channels of the vertices between input and output, by vertex. */
function innerChannels({ operations, edges }: Nasbench101Cell, width: number): readonly number[] {
  const output = operations.length + 1;
  const feeding = edges.flatMap(([from, to]) => (to === output && from > 0 ? [from] : [])).toSorted((a, b) => a - b);
  const share = Math.floor(width / feeding.length);
  const channels = new Array<number>(output).fill(0);
  feeding.forEach((vertex, i) => {
    channels[vertex] = i < width % feeding.length ? share + 1 : share;
  });
  for (let vertex = output - 1; vertex > 0; vertex--) {
    if (feeding.includes(vertex)) continue;
    channels[vertex] = largest(edges.map(([from, to]) => (from === vertex ? (channels[to] ?? 0) : 0)));
  }
  return channels;
}

function truncated(b: Builder, x: Tensor, name: string, channels: number): Tensor {
  const surplus = dimension(x.shape, 1) - channels;
  if (surplus === 0) return x;
  const lengths = b.constant(`${name}/lengths`, "int64", [channels, surplus]);
  const [kept = x] = b.nodes("Split", name, [x, lengths], 2, { axis: 1 });
  return kept;
}

function operate(b: Builder, x: Tensor, name: string, operation: Nasbench101Operation): Tensor {
  const out = dimension(x.shape, 1);
  switch (operation) {
    case "conv3x3-bn-relu":
      return convNormRelu(b, x, name, { out, kernel: 3 });
    case "conv1x1-bn-relu":
      return convNormRelu(b, x, name, { out, kernel: 1 });
    case "maxpool3x3":
      return maxPool2d(b, x, name, { kernel: 3, padding: 1 });
  }
}

/** The cell with the channels of its vertices left open; `x0` is the input. */
function definitionOf({ operations, edges }: Nasbench101Cell): PythonDefinition {
  const layers: string[] = [];
  const steps: string[] = [];
  const convNormRelu = (name: string, x: string, from: string, to: string, kernel: string) => {
    layers.push(`self.${name} = nn.Conv2d(${from}, ${to}, ${kernel}, bias=False)`);
    layers.push(`self.${name}_norm = nn.BatchNorm2d(${to})`);
    return `F.relu(self.${name}_norm(self.${name}(${x})))`;
  };
  const assign = (x: string, terms: readonly string[]) =>
    terms.forEach((term, i) => {
      steps.push(i === 0 ? `${x} = ${term}` : `${x} = ${x} + ${term}`);
    });
  const sources = (of: number) => edges.filter(([, to]) => to === of).map(([from]) => from);
  operations.forEach((operation, i) => {
    const [x, name, own] = [`x${i + 1}`, `vertex_${i + 1}`, `widths[${i}]`];
    const terms = sources(i + 1).map((from) =>
      from === 0 ? convNormRelu(`${name}_input`, "x0", "in_channels", own, "1") : `x${from}[:, : self.${own}]`,
    );
    assign(x, terms);
    const kernel = operation === "conv3x3-bn-relu" ? "3, padding=1" : "1";
    const isPooling = operation === "maxpool3x3";
    assign(x, [isPooling ? `F.max_pool2d(${x}, 3, 1, 1)` : convNormRelu(name, x, own, own, kernel)]);
  });
  const feeding = sources(operations.length + 1);
  const parts = feeding.filter((from) => from > 0).map((from) => `x${from}`);
  const joined = parts.length > 1 ? [`torch.cat([${parts.join(", ")}], dim=1)`] : parts;
  const projected = feeding.includes(0) ? [convNormRelu("output_input", "x0", "in_channels", "channels", "1")] : [];
  assign("y", [...joined, ...projected]);
  const indented = (lines: readonly string[]) => lines.map((line) => `        ${line}\n`).join("");
  return {
    name: "Cell",
    source: `class Cell(nn.Module):
    """Cell of NAS-Bench-101, with a width for each of its vertices.

    https://arxiv.org/abs/1902.09635
    """

    def __init__(
        self, in_channels: int, channels: int, widths: Tuple[int, ...] = ()
    ) -> None:
        super().__init__()
        self.widths = widths
${indented(layers)}
    def forward(self, x0: Tensor) -> Tensor:
${indented(steps)}        return y`,
  };
}

export const nasbench101Cell: Block<Nasbench101CellSpec> = {
  kind: "nasbench101-cell",
  title: "NB101 cell",
  build(b, x, { operations, edges, width }) {
    const output = operations.length + 1;
    const channels = innerChannels({ operations, edges }, width);
    const vertices = [x];
    const project = (name: string, out: number) => convNormRelu(b, x, `${name}_input`, { out, kernel: 1 });
    const vertex = (number: number) => {
      const tensor = vertices[number];
      if (tensor === undefined) throw new GraphError(`vertex ${number} of a cell comes before what feeds it`);
      return tensor;
    };
    const sources = (of: number) => edges.filter(([, to]) => to === of).map(([from]) => from);

    operations.forEach((operation, i) => {
      const name = `vertex_${i + 1}`;
      const out = channels[i + 1] ?? 0;
      const terms = sources(i + 1).map((from) =>
        from === 0 ? project(name, out) : truncated(b, vertex(from), `${name}_from_${from}`, out),
      );
      vertices.push(operate(b, sumOf(b, terms, `${name}_sum`), name, operation));
    });

    const feeding = sources(output);
    const parts = feeding.filter((from) => from > 0).map(vertex);
    const [first, ...others] = parts;
    const joined = others.length > 0 ? b.node("Concat", "output", parts, { axis: 1 }) : first;
    const projected = feeding.includes(0) ? [project("output", width)] : [];
    return sumOf(b, joined === undefined ? projected : [joined, ...projected], "output_sum");
  },
  pytorch({ operations, edges, width }, input) {
    const widths = innerChannels({ operations, edges }, width).slice(1);
    const tuple = widths.length === 0 ? [] : [`widths=(${widths.join(", ")}${widths.length === 1 ? "," : ""})`];
    return { definition: definitionOf({ operations, edges }), args: [`${dimension(input, 1)}`, `${width}`, ...tuple] };
  },
};
