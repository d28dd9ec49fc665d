/** @file What every block has to hold, ours and those of others: it need not be in a registry. */

import { UnscorableError } from "../base/errors.js";
import type { Block } from "../blocks/block.js";
import type { BlockExample } from "../blocks/custom.js";
import type { PythonDefinition } from "../blocks/pytorch.js";
import { GraphBuilder } from "../graph/builder.js";
import { costsOf, countCosts } from "../graph/cost.js";
import { compileFlow } from "../graph/flow-builder.js";
import { elements, type Graph, outputOf, type Shape, shapeOf } from "../graph/graph.js";
import { isSameShape, show } from "../graph/operator.js";
import { type EncodeOptions, encode } from "../onnx/encode.js";
import type { Runtime, SessionOptions, TensorData } from "../runtime/session.js";
import { normalValues } from "../runtime/weights.js";
import { assert, type Check } from "./check.js";
import { scatteredValues } from "./scattered-weights.js";

interface Run {
  readonly onnx?: Omit<EncodeOptions, "values">;
  readonly session?: SessionOptions;
}

/** Beside the largest value: sums in another order. */
const TOLERANCE = 1e-4;

/**
 * The checks of one block.
 * @param examples - Specs, each with the shape of an input; at least one.
 * @param runtime - Runs the block's ONNX file.
 */
export function blockConformance<S extends { readonly kind: string }>(
  block: Block<S>,
  examples: readonly BlockExample<S>[],
  runtime: Runtime,
): Check[] {
  const { kind } = block;
  const graphOf = ({ spec, input }: BlockExample<S>): Graph => {
    const b = new GraphBuilder(kind);
    return b.build([block.build(b, b.input("input", input), spec)]);
  };
  const ofEach = (check: (example: BlockExample<S>, graph: Graph) => void | Promise<void>) => async () => {
    for (const example of examples) {
      try {
        await check(example, graphOf(example));
      } catch (error) {
        throw new Error(`${JSON.stringify(example.spec)} on ${show(example.input)}: ${wordsOf(error)}`, {
          cause: error,
        });
      }
    }
  };
  const runs = async (graph: Graph, images: TensorData, { onnx = {}, session: options = {} }: Run = {}) => {
    const session = await runtime.createSession(encode(graph, { ...onnx, values: scatteredValues(1) }), options);
    try {
      const output = (await session.run({ [graph.input]: images }))[outputOf(graph)];
      assert(output !== undefined, "the ONNX file gives no output");
      return output;
    } finally {
      await session.release();
    }
  };

  return [
    {
      name: `${kind} has a title, and examples of its own kind`,
      run() {
        assert(block.title.trim() !== "", "the title is empty");
        assert(examples.length > 0, "there is no example");
        for (const { spec, input } of examples) {
          assert(spec.kind === kind, `an example is of the kind "${spec.kind}"`);
          assert(input[0] === 1, `the input ${show(input)} of an example is not of batch 1`);
        }
      },
    },
    {
      name: `${kind} has a spec that JSON keeps as it is`,
      run: ofEach(({ spec, input }, graph) => {
        const read: S = JSON.parse(JSON.stringify(spec));
        assert(textOf(graphOf({ spec: read, input })) === textOf(graph), "the spec as JSON builds another graph");
      }),
    },
    {
      name: `${kind} builds the same graph each time`,
      run: ofEach((example, graph) => assert(textOf(graphOf(example)) === textOf(graph), "two builds differ")),
    },
    {
      name: `${kind} has the same costs and output whatever it is built for`,
      run: ofEach(({ spec, input }, graph) => {
        const output = shapeOf(graph, outputOf(graph));
        const counted = countCosts((b, x) => block.build(b, x, spec), input);
        const flow = compileFlow((b, x) => block.build(b, x, spec), input, "identity");
        for (const [what, shape] of [
          ["its costs", counted.output],
          ["its flow", flow.output],
        ] as const) {
          assert(isSameShape(shape, output), `the output is ${show(output)} in a graph, ${show(shape)} in ${what}`);
        }
        const [a, b] = [JSON.stringify(counted.costs), JSON.stringify(costsOf(graph))];
        assert(a === b, `costs are ${a} when they are counted, ${b} of the graph`);
        assert(output[0] === 1, `the output ${show(output)} does not keep the batch`);
      }),
    },
    {
      name: `${kind} has a flow, with normalisations as the identity and as a division`,
      run: ofEach(({ spec, input }) => {
        for (const way of ["identity", "divide"] as const) {
          const { flow } = compileFlow((b, x) => block.build(b, x, spec), input, way);
          assert(!(flow instanceof UnscorableError), `no flow: ${flow instanceof Error ? flow.message : ""}`);
        }
      }),
    },
    {
      name: `${kind} runs as an ONNX file, at opsets 17 and 20, as it is and as the runtime rewrites it`,
      run: ofEach(async ({ input }, graph) => {
        const image = imagesOf(input, 1);
        const plain = await runs(graph, image, { session: { optimisation: "disabled" } });
        const output = shapeOf(graph, outputOf(graph));
        assert(isSameShape(plain.shape, output), `gave ${show(plain.shape)}, its shape is ${show(output)}`);
        assert(plain.data.every(Number.isFinite), "gave a value that is not finite");
        assertClose(await runs(graph, image, { onnx: { opset: 20 } }), plain, "at opset 20");
        assertClose(await runs(graph, image, { session: { optimisation: "all" } }), plain, "when it is optimised");
      }),
    },
    {
      name: `${kind} makes of each image what it makes of that image alone`,
      run: ofEach(async ({ input }, graph) => {
        const batch = imagesOf(input, 3);
        const together = await runs(graph, batch);
        const size = elements(input);
        const each = together.data.length / 3;
        for (let i = 0; i < 3; i++) {
          const alone = await runs(graph, { shape: input, data: batch.data.slice(i * size, (i + 1) * size) });
          const own = { shape: alone.shape, data: together.data.slice(i * each, (i + 1) * each) };
          assertClose(own, alone, `of image ${i + 1} in a batch`);
        }
      }),
    },
    {
      name: `${kind} has a PyTorch module whose source names each of its parameters`,
      run: ofEach(({ spec, input }, graph) => {
        const { definition } = block.pytorch(spec, input);
        assert(/^(nn\.)?[A-Za-z_]\w*$/.test(definition.name), `"${definition.name}" is no name of a class`);
        // A class of PyTorch's own.
        if (definition.source === "") return;
        const source = sourcesOf(definition).join("\n");
        assert(source.includes(`class ${definition.name}(`), `the source defines no class ${definition.name}`);
        for (const parameter of graph.parameters.keys()) {
          const missing = parameter
            .split(".")
            .slice(0, -1)
            .find((part) => !isNamedIn(source, part));
          assert(missing === undefined, `the source names no "${missing}", part of the parameter "${parameter}"`);
        }
      }),
    },
  ];
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** All that a graph is, as text. */
function textOf({ nodes, parameters, constants, shapes, outputs }: Graph): string {
  return JSON.stringify([nodes, [...parameters], [...constants], [...shapes], outputs]);
}

function imagesOf([, ...image]: Shape, batch: number): TensorData {
  const shape = [batch, ...image];
  return { shape, data: normalValues(2, "images", shape) };
}

function assertClose(given: TensorData, expected: TensorData, where: string): void {
  assert(given.data.length === expected.data.length, `another number of values ${where}`);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  expected.data.forEach((value, i) => {
    const other = given.data[i] ?? Number.NaN;
    assert(Math.abs(other - value) <= TOLERANCE * largest, `gave ${other} in place of ${value} ${where}`);
  });
}

function sourcesOf({ source, uses = [] }: PythonDefinition): string[] {
  return [source, ...uses.flatMap(sourcesOf)];
}

/** As an attribute, a keyword, a text, or an index of a sequence. */
function isNamedIn(source: string, part: string): boolean {
  return /^\d+$/.test(part) || new RegExp(`\\bself\\.${part}\\b|\\b${part}=|["']${part}["']`).test(source);
}
