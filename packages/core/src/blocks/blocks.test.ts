import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { chain } from "../architecture/architecture.js";
import { describeStages } from "../architecture/describe.js";
import { figureSvg } from "../architecture/figure.js";
import { pytorchSource } from "../architecture/pytorch.js";
import { InputError } from "../base/errors.js";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { hybridDefaults, hybridSpace } from "../spaces/hybrid.js";
import { blockConformance } from "../testing/block-conformance.js";
import { blockExamples } from "../testing/block-examples.js";
import { spaceConformance } from "../testing/space-conformance.js";
import type { Block } from "./block.js";
import { addBlock, type BlockExample, type CustomSpec, customBlock, defineBlock } from "./custom.js";
import { batchNorm2d, conv2d, relu } from "./layers.js";
import { blocks, titleOf } from "./registry.js";

const runtime = onnxRuntime(ort);

describe.each(Object.keys(blocks) as (keyof typeof blocks)[])("%s", (kind) => {
  type AnySpec = { readonly kind: string };
  const block = blocks[kind] as unknown as Block<AnySpec>;
  const examples: readonly BlockExample<AnySpec>[] = blockExamples[kind];
  for (const { name, run } of blockConformance(block, examples, runtime)) test(name, run);
});

interface PlainSpec extends CustomSpec {
  readonly kind: "test/plain";
  readonly kernel: number;
}

/** A convolution without more. */
const plain = defineBlock<PlainSpec>({
  kind: "test/plain",
  title: "Plain",
  colour: "#2f855a",
  build(b, x, { kernel }) {
    const y = conv2d(b, x, "conv", { out: x.shape[1] ?? 0, kernel, padding: (kernel - 1) / 2, bias: false });
    return relu(b, batchNorm2d(b, y, "norm"), "act");
  },
  pytorch: ({ kernel }, [, channels]) => ({
    definition: {
      name: "Plain",
      source: `class Plain(nn.Module):
    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))`,
    },
    args: [`${channels}`, `${kernel}`],
  }),
  examples: [{ spec: { kind: "test/plain", kernel: 3 }, input: [1, 4, 8, 8] }],
});
addBlock(plain);

describe("a block of others", () => {
  for (const { name, run } of blockConformance(plain, plain.examples, runtime)) test(name, run);

  const spec = { kind: "test/plain", kernel: 3 } satisfies PlainSpec;
  const network = chain(
    "custom",
    [1, 3, 16, 16],
    [
      { name: "stem", spec },
      { name: "head", spec: { kind: "head", classes: 4 } },
    ],
  );

  test("is described, drawn in its colour, and written as PyTorch source", () => {
    expect(titleOf(spec)).toBe("Plain");
    expect(describeStages(network)[0]?.blocks[0]).toMatchObject({ kind: "test/plain", title: "Plain", kernel: 3 });
    const figure = figureSvg(network);
    expect(figure).toContain('data-kind="test/plain"');
    expect(figure).toMatch(/\.esnas-figure \.test--plain \{ fill: #[0-9a-f]{6}; stroke: #2f855a \}/);
    expect(pytorchSource(network)).toContain("self.stem = Plain(3, 3)");
  });

  test("is refused where its kind is taken, has another form, or its colour is none", () => {
    expect(() => addBlock(plain)).toThrow(/there is a block "test\/plain" already/);
    expect(() => addBlock({ ...plain, kind: "Test/Plain" })).toThrow(InputError);
    expect(() => addBlock({ ...plain, kind: "test/other", colour: "green" })).toThrow(/invalid colour "green"/);
    expect(() => customBlock("acme/ghost")).toThrow(/unknown block "acme\/ghost": load the plugin/);
  });

  const stages = hybridDefaults.stages.map((stage) => ({ ...stage, depth: [1, 2] }));
  const [first = stages[0], ...others] = stages;
  const mixed = () =>
    hybridSpace({
      input: [3, 64, 64],
      stages: [{ ...hybridDefaults.stages[0], ...first, kinds: ["ibn", "test/plain"] } as never, ...others],
    });

  describe("as a kind of the hybrid space", () => {
    for (const { name, run } of spaceConformance(mixed(), 10)) test(name, run);
  });

  test("is refused as a kind of the hybrid space where nobody has defined it", () => {
    const [stage] = hybridDefaults.stages;
    if (stage === undefined) throw new Error("there are no stages");
    expect(() => hybridSpace({ stages: [{ ...stage, kinds: ["acme/ghost"] }] })).toThrow(/unknown block "acme\/ghost"/);
    expect(() => hybridSpace({ stages: [{ ...stage, kinds: ["ghost" as "ibn"] }] })).toThrow(/kinds/);
  });
});
