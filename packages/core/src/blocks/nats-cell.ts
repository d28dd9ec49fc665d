/**
 * @file A cell of NATS-Bench (Dong et al. 2021, arXiv 2009.00437; the topology space is NAS-Bench-201, Dong and Yang 2020,
 * arXiv 2001.00326): four nodes, an operation on each of the six edges, a node is the sum of what comes in.
 */

import type { Builder, Tensor } from "../graph/builder.js";
import { dimension } from "../graph/operator.js";
import type { Block } from "./block.js";
import { batchNorm2d, conv2d, relu, sumOf } from "./layers.js";
import type { PythonDefinition } from "./pytorch.js";

/** The operations in the benchmark's names. */
export const natsOperations = [
  "none",
  "skip_connect",
  "nor_conv_1x1",
  "nor_conv_3x3",
  "avg_pool_3x3",
] as const satisfies NatsOperation[];

/** An operation on an edge of a cell, by its name in the benchmark. */
export type NatsOperation = "none" | "skip_connect" | "nor_conv_1x1" | "nor_conv_3x3" | "avg_pool_3x3";

/** Nodes that each edge goes from and to, in the order of the benchmark's strings. */
export const natsEdges = [
  { from: 0, to: 1 },
  { from: 0, to: 2 },
  { from: 1, to: 2 },
  { from: 0, to: 3 },
  { from: 1, to: 3 },
  { from: 2, to: 3 },
] as const;

/** A cell of NATS-Bench. */
export interface NatsCellSpec {
  /** Which block it is. */
  readonly kind: "nats-cell";
  /** One operation an edge, in the order of `natsEdges`. */
  readonly operations: readonly NatsOperation[];
  /** Channels of the output. */
  readonly width: number;
}

/** ReLU, convolution without bias, batch normalisation: `nor_conv_1x1`, `nor_conv_3x3`. */
export function reluConvNorm(
  b: Builder,
  x: Tensor,
  name: string,
  { out, kernel, stride = 1 }: { readonly out: number; readonly kernel: number; readonly stride?: number },
): Tensor {
  const padding = (kernel - 1) / 2;
  return b.part(`relu-conv-norm ${kernel} ${out} ${stride}`, x, (part, input) => {
    const y = conv2d(part, relu(part, input, `${name}_act`), name, { out, kernel, stride, padding, bias: false });
    return batchNorm2d(part, y, `${name}_norm`);
  });
}

/** What an edge gives; `undefined` for zeros. */
function alongEdge(b: Builder, x: Tensor, name: string, operation: NatsOperation, width: number): Tensor | undefined {
  switch (operation) {
    case "none":
      return undefined;
    case "skip_connect":
      // Only where a cell changes the width: factorised reduction at stride 1.
      return dimension(x.shape, 1) === width ? x : reluConvNorm(b, x, name, { out: width, kernel: 1 });
    case "nor_conv_1x1":
      return reluConvNorm(b, x, name, { out: width, kernel: 1 });
    case "nor_conv_3x3":
      return reluConvNorm(b, x, name, { out: width, kernel: 3 });
    case "avg_pool_3x3":
      return b.part("average-pool 3 1", x, (part, input) =>
        part.node("AveragePool", name, [input], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      );
  }
}

/** Nodes and edges that a cell has, an assignment each; a cell that widens takes its input's channels apart. */
function definitionOf(operations: readonly NatsOperation[], widens: boolean): PythonDefinition {
  const layers: string[] = [];
  const steps: string[] = [];
  for (const to of [1, 2, 3]) {
    const terms = natsEdges.flatMap((edge, i) => {
      const operation = operations[i];
      if (edge.to !== to || operation === undefined || operation === "none") return [];
      const x = `x${edge.from}`;
      if (operation === "avg_pool_3x3") return [`F.avg_pool2d(${x}, 3, 1, 1, count_include_pad=False)`];
      const changes = widens && edge.from === 0;
      if (operation === "skip_connect" && !changes) return [x];
      const name = `self.edge_${edge.from}_${to}`;
      const kernel = operation === "nor_conv_3x3" ? "3, padding=1" : "1";
      layers.push(`${name} = nn.Conv2d(${changes ? "in_channels" : "channels"}, channels, ${kernel}, bias=False)`);
      layers.push(`${name}_norm = nn.BatchNorm2d(channels)`);
      return [`${name}_norm(${name}(F.relu(${x})))`];
    });
    const [first = "torch.zeros_like(x0)", ...others] = terms;
    steps.push(`x${to} = ${first}`, ...others.map((term) => `x${to} = x${to} + ${term}`));
  }
  const name = widens ? "WideningCell" : "Cell";
  const indented = (lines: readonly string[]) => lines.map((line) => `        ${line}\n`).join("");
  const init = `    def __init__(self, ${widens ? "in_channels: int, " : ""}channels: int) -> None:
        super().__init__()
${indented(layers)}
`;
  return {
    name,
    source: `class ${name}(nn.Module):
    """Cell of NATS-Bench: https://arxiv.org/abs/2009.00437"""

${layers.length > 0 ? init : ""}    def forward(self, x0: Tensor) -> Tensor:
${indented(steps)}        return x3`,
  };
}

export const natsCell: Block<NatsCellSpec> = {
  kind: "nats-cell",
  title: "NATS cell",
  build(b, x, { operations, width }) {
    const nodes = [x];
    for (const to of [1, 2, 3]) {
      const terms = natsEdges.flatMap((edge, i) => {
        const source = nodes[edge.from];
        const operation = operations[i];
        if (edge.to !== to || source === undefined || operation === undefined) return [];
        return alongEdge(b, source, `edge_${edge.from}_${to}`, operation, width) ?? [];
      });
      const zero = () =>
        b.node("Mul", `node_${to}_zero`, [x, b.constant(`node_${to}_zero/factor`, "float32", [0], [])]);
      nodes.push(terms.length === 0 ? zero() : sumOf(b, terms, `node_${to}`));
    }
    const output = nodes[3];
    if (output === undefined) throw new Error("a cell has four nodes");
    return output;
  },
  pytorch({ operations, width }, input) {
    const channels = dimension(input, 1);
    const definition = definitionOf(operations, channels !== width);
    const args = channels === width ? [width] : [channels, width];
    return { definition, args: definition.source.includes("__init__") ? args.map(String) : [] };
  },
};
