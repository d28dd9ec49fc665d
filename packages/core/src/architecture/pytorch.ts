/**
 * @file An architecture as one file of PyTorch source: a class for each kind of block that occurs, and the network, whose
 * `state_dict` has the names of the graph's parameters. Where a class and its arguments come from is the block's own affair.
 */

import { InputError } from "../base/errors.js";
import { PRODUCER } from "../base/producer.js";
import type { PyTorchModule, PythonDefinition } from "../blocks/pytorch.js";
import type { BlockSpec } from "../blocks/registry.js";
import { moduleOf } from "../blocks/registry.js";
import { type Architecture, architectureCosts, checkArchitecture } from "./architecture.js";
import { type Call, type Expression, fillJson, fillWords, layOut } from "./pytorch/layout.js";

/** What is written into PyTorch source. */
export interface PyTorchOptions {
  /** Of the network's class; absent: the architecture's name in PyTorch's spelling. */
  readonly className?: string;
  /** Sentences on where the network comes from, a paragraph each. */
  readonly provenance?: readonly string[];
  /** The genotype as a JSON value. */
  readonly genotype?: unknown;
}

/** A part of the network by the names of its modules: `stages`, `stages.2`, `stages.2.blocks`, `stages.2.blocks.1`. */
interface Part {
  readonly name: string;
  readonly parts: Part[];
  readonly module?: PyTorchModule;
}

/**
 * Python source of one public class, a module of PyTorch, that needs nothing but PyTorch.
 * @throws {@link InputError} where the network was given as a graph, without blocks.
 * @example
 * ```ts
 * import { esformerGenotype, pytorchSource } from "@esnas/core";
 *
 * const { space, genotype } = esformerGenotype("s0", { resolution: 128, classes: 10 });
 * console.log(pytorchSource(space.build(genotype)).split("\n").length);
 * ```
 */
export function pytorchSource(architecture: Architecture, options: PyTorchOptions = {}): string {
  checkArchitecture("pytorchSource", architecture);
  const { className = classNameOf(architecture.name), provenance = [], genotype } = options;
  const modules = architecture.blocks.map(({ name, spec, input }) => {
    if (spec.kind === "graph")
      throw new InputError(`"${architecture.name}" is a graph without blocks to name modules by`);
    return { name, module: moduleOf(spec, input) };
  });
  const network = networkClass(architecture, className, modules);
  const sources = inOrder([...modules.map(({ module }) => module.definition), network]).map(({ source }) => source);
  return [
    docstring(architecture, className, provenance, genotype),
    importsOf(sources.join("\n")),
    `__all__ = ["${className}"]\n\n`,
    `${sources.join("\n\n\n")}\n`,
  ].join("\n");
}

/** Families that write themselves in their own way. */
const spellings: Readonly<Record<string, string>> = {
  hybrid: "ESFormer",
  esformer: "ESFormer",
  edgenext: "EdgeNeXt",
  mobilevit: "MobileViT",
  convnext: "ConvNeXt",
  deit: "DeiT",
  resnet18: "ResNet18",
  mobilenetv2: "MobileNetV2",
  shufflenetv2: "ShuffleNetV2",
};

/** `nats-topology`: `NatsTopology`; `edgenext_xx_small`: `EdgeNeXtXxSmall` */
function classNameOf(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const joined = words.map((word) => spellings[word] ?? word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(joined) ? joined : `Net${joined}`;
}

function docstring(
  architecture: Architecture,
  className: string,
  provenance: readonly string[],
  genotype: unknown,
): string {
  const { parameters, macs } = architectureCosts(architecture);
  const size = architecture.input.slice(2).join(" x ");
  const costs = `${parameters.toLocaleString("en-US")} parameters, ${macs.toLocaleString("en-US")} multiply-accumulates`;
  const names = "The keys of its state_dict() are the names of the weights in the ONNX file of the same network.";
  const origin = `Written by ${PRODUCER.name} ${PRODUCER.version}${genotype === undefined ? "." : " from the genotype"}`;
  const paragraphs = [
    `"""${className}: ${costs} at ${size}.`,
    ...[...provenance, names, origin].map((text) => fillWords(text)),
    ...(genotype === undefined ? [] : [fillJson(genotype)]),
  ];
  return `${paragraphs.join("\n\n")}\n"""\n`;
}

/** What `typing` has that a source may use. */
const typing = ["Callable", "Optional", "Tuple"];
const TYPING = "from typing import";

/** What else a source may use, and the line that brings it, in isort's order; `""` parts the standard library from PyTorch. */
const imports: readonly (readonly [use: RegExp, line: string])[] = [
  [/\bmath\./, "import math"],
  [/\bOrderedDict\(/, "from collections import OrderedDict"],
  [/(?:)/, TYPING],
  [/(?:)/, ""],
  [/\btorch\./, "import torch"],
  [/\bF\./, "import torch.nn.functional as F"],
  [/(?:)/, "from torch import Tensor, nn"],
];

function importsOf(source: string): string {
  const types = typing.filter((name) => source.includes(`${name}[`)).join(", ");
  const lines = imports
    .filter(([use, line]) => use.test(source) && (line !== TYPING || types !== ""))
    .map(([, line]) => (line === TYPING ? `${line} ${types}` : line));
  return `${lines.join("\n").trimStart()}\n`;
}

/** Definitions after those that they use, each once. */
function inOrder(definitions: readonly PythonDefinition[]): PythonDefinition[] {
  const placed = new Map<string, PythonDefinition>();
  const place = (definition: PythonDefinition) => {
    const known = placed.get(definition.name);
    if (known !== undefined && known.source !== definition.source) {
      throw new InputError(
        `two blocks define different PyTorch classes named "${definition.name}": rename one of them`,
      );
    }
    if (known !== undefined) return;
    definition.uses?.forEach(place);
    placed.set(definition.name, definition);
  };
  definitions.forEach(place);
  return [...placed.values()].filter(({ source }) => source !== "");
}

const stage: PythonDefinition = {
  name: "Stage",
  source: `class Stage(nn.Sequential):
    """Blocks of one resolution, after what leads to it."""

    def __init__(
        self, *blocks: nn.Module, downsample: Optional[nn.Module] = None
    ) -> None:
        super().__init__()
        if downsample is not None:
            self.downsample = downsample
        self.blocks = nn.Sequential(*blocks)`,
};

const initWeights: PythonDefinition = {
  name: "init_weights",
  source: `def init_weights(module: nn.Module) -> None:
    """Draws Kaiming-normal weights by the fan-out of a group; biases are zero."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        fan_out = module.weight[:, 0].numel() // getattr(module, "groups", 1)
        nn.init.normal_(module.weight, std=math.sqrt(2.0 / fan_out))
        if module.bias is not None:
            nn.init.zeros_(module.bias)`,
};

interface NamedModule {
  readonly name: string;
  readonly module: PyTorchModule;
}

function networkClass(architecture: Architecture, name: string, modules: readonly NamedModule[]): PythonDefinition {
  const parts = partsOf(modules);
  const drops = modules.filter(({ module }) => module.dropsPath);
  const rateOf = new Map(drops.map(({ module }, i) => [module, `drop_path=rates[${i}]`]));
  const classes = architecture.blocks.map(({ spec }) => classesOf(spec)).findLast((n) => n !== undefined);
  const options = [
    { name: "num_classes", use: classes !== undefined, type: `int = ${classes}`, text: "outputs of the classifier." },
    {
      name: "dropout",
      use: classes !== undefined,
      type: "float = 0.0",
      text: "rate of what the classifier leaves out.",
    },
    {
      name: "drop_path",
      use: drops.length > 0,
      type: "float = 0.0",
      text: "rate of stochastic depth in the last block, growing linearly to it.",
    },
  ].filter(({ use }) => use);
  const steps = drops.length - 1;
  const expressions = parts.map((part) => ({ name: part.name, expression: expressionOf(part, rateOf) }));
  const calls = parts.map((part) => `self.${part.name}`);
  const forward = calls.slice(1, -1).map((call) => `        x = ${call}(x)`);
  const [, channels] = architecture.input;
  const shapes = `Takes images [N, ${channels}, H, W]${classes === undefined ? "." : " and gives logits [N, num_classes]."}`;
  const source = [
    `class ${name}(nn.Module):`,
    `    """${shapes}`,
    ...(options.length === 0
      ? []
      : ["", "    Args:", ...options.flatMap((option) => `        ${option.name}: ${option.text}`)]),
    `    """`,
    "",
    ...signature(options.map((option) => `${option.name}: ${option.type}`)),
    "        super().__init__()",
    ...(steps > 0 ? [`        rates = [drop_path * i / ${steps} for i in range(${steps + 1})]`] : []),
    ...(steps === 0 ? ["        rates = [drop_path]"] : []),
    ...expressions.flatMap(({ name: part, expression }) => layOut(expression, 8, `self.${part} = `)),
    "        self.apply(init_weights)",
    "",
    "    def forward(self, x: Tensor) -> Tensor:",
    ...(calls.length > 1 ? [`        x = ${calls[0]}(x)`] : []),
    ...forward,
    `        return ${calls.at(-1)}(x)`,
  ].join("\n");
  const uses = source.includes(" Stage(") ? [stage, initWeights] : [initWeights];
  return { name, uses, source };
}

function classesOf(spec: BlockSpec | { readonly kind: "graph" }): number | undefined {
  return "classes" in spec ? spec.classes : undefined;
}

function signature(options: readonly string[]): string[] {
  const line = `    def __init__(${["self", ...options].join(", ")}) -> None:`;
  if (line.length <= 88) return [line];
  const inner = `        ${["self", ...options].join(", ")}`;
  const body = inner.length <= 88 ? [inner] : ["self", ...options].map((option) => `        ${option},`);
  return ["    def __init__(", ...body, "    ) -> None:"];
}

/** The tree of modules, in the order in which they run. */
function partsOf(modules: readonly NamedModule[]): readonly Part[] {
  const root: Part = { name: "", parts: [] };
  for (const { name, module } of modules) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let part = root;
    for (const step of path) {
      const open = part.parts.at(-1);
      if (open?.name === step) {
        part = open;
      } else {
        const fresh: Part = { name: step, parts: [] };
        part.parts.push(fresh);
        part = fresh;
      }
    }
    part.parts.push({ name: last, parts: [], module });
    const names = part.parts.map((sibling) => sibling.name);
    if (new Set(names).size < names.length) throw new Error(`module "${name}" is no neighbour of its siblings`);
  }
  return root.parts;
}

function expressionOf({ parts, module }: Part, rateOf: ReadonlyMap<PyTorchModule, string>): Call {
  if (module !== undefined) {
    const rate = rateOf.get(module);
    return { callee: module.definition.name, args: rate === undefined ? module.args : [...module.args, rate] };
  }
  const named = parts.map((part): [string, Call] => [part.name, expressionOf(part, rateOf)]);
  const values = named.map(([, expression]) => expression);
  if (parts.every(({ name }, i) => name === String(i))) return { callee: "nn.Sequential", args: values };
  const keyword = ([name, { callee, args }]: [string, Call]): Expression => ({ callee: `${name}=${callee}`, args });
  const [first, second] = named;
  const downsample = first?.[0] === "downsample" ? first : undefined;
  const blocks = downsample === undefined ? first : second;
  if (blocks?.[0] === "blocks" && blocks[1].callee === "nn.Sequential" && blocks === named.at(-1)) {
    return { callee: "Stage", args: [...blocks[1].args, ...(downsample === undefined ? [] : [keyword(downsample)])] };
  }
  return { callee: "nn.Sequential", args: [{ callee: "OrderedDict", args: named.map(keyword) }] };
}
