/** @file Exported PyTorch source: what it holds, and, where PyTorch is installed, that it computes what ONNX Runtime does. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Architecture,
  architectureCosts,
  blocks,
  familyBudgets,
  fromGraph,
  graphOf,
  hybridSpace,
  InputError,
  modelNamed,
  models,
  pytorchSource,
  resized,
  type Space,
  sample,
  sampleWithin,
  seededRandom,
  spaceNames,
  spaceOf,
  toJson,
} from "@esnas/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasPyTorch,
  type Judgement,
  judgeCases,
  trainCases,
  writeCase,
} from "../packages/studies/src/pytorch/cases.js";

const small = hybridSpace({ input: [3, 64, 64] });
const folder = mkdtempSync(join(tmpdir(), "esnas-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));

function drawn(space: Space, seed: number): Architecture {
  return space.build(sample(space, seededRandom(seed)));
}

interface Case {
  readonly name: string;
  readonly architecture: Architecture;
}

const oneOfEachFamily = [
  "mobilenetv2_100",
  "resnet18",
  "shufflenetv2_100",
  "edgenext_xxs",
  "mobilevit_xxs",
  "convnext_atto",
  "deit_tiny",
];

const spaces = spaceNames.map((name) => (name === "hybrid" ? small : spaceOf(name)));

describe("PyTorch source", () => {
  test("has one public class, the network's, whose constructor needs no argument", () => {
    for (const space of spaces) {
      const source = pytorchSource(drawn(space, 1));
      const [, name] = /^__all__ = \["(\w+)"\]$/m.exec(source) ?? [];
      const [, signature = ""] = new RegExp(`^class ${name}\\(.*?def __init__\\(([^)]*)\\)`, "ms").exec(source) ?? [];
      const options = signature.split(",").map((argument) => argument.trim());
      expect(options.filter((argument) => argument !== "" && argument !== "self")).not.toEqual([]);
      for (const argument of options) expect(argument).toMatch(/^(self|\w+: \w+ = [\d.]+|)$/);
    }
  });

  test("imports PyTorch and Python's own library alone, and what it uses of them", () => {
    for (const space of spaces) {
      for (let seed = 0; seed < 5; seed++) {
        const source = pytorchSource(drawn(space, seed));
        const imports: string[] = source.match(/^(?:import|from) .*$/gm) ?? [];
        for (const line of imports) expect(line).toMatch(/^(import|from) (torch|math|typing|collections)\b/);
        expect(imports.includes("import math")).toBe(/math\.(?!\s)/.test(source));
        expect(imports.includes("import torch.nn.functional as F")).toBe(/\bF\.\w/.test(source));
      }
    }
  });

  test("is there of every published model", () => {
    for (const model of models) {
      expect(pytorchSource(model.build())).toMatch(/^__all__ = \["[A-Z]\w+"\]$/m);
    }
  });

  test("has a class for each kind of block that occurs, and for no other", () => {
    for (let seed = 0; seed < 20; seed++) {
      const architecture = drawn(small, seed);
      const kinds = architecture.blocks.map(({ spec }) =>
        spec.kind === "transformer" ? `${spec.kind} ${spec.ffn.kind}` : spec.kind,
      );
      const source = pytorchSource(architecture);
      const has = (name: string) => source.includes(`\nclass ${name}(`);
      const isEncoder = (ffn: string) => kinds.includes(`transformer ${ffn}`);
      expect(has("IBNTransformer")).toBe(isEncoder("ibn"));
      expect(has("ConvNeXtTransformer")).toBe(isEncoder("convnext"));
      expect(has("IBN")).toBe(kinds.includes("ibn") || isEncoder("ibn"));
      expect(has("ConvNeXt")).toBe(kinds.includes("convnext") || isEncoder("convnext"));
    }
  });

  test("says in its docstring what it costs, where it comes from, and its genotype as JSON", () => {
    const space = hybridSpace();
    const genotype = sample(space, seededRandom(3));
    const architecture = space.build(genotype);
    const source = pytorchSource(architecture, { genotype: toJson(space, genotype), provenance: ["Found by chance."] });
    const [, docstring = ""] = /^"""(.*?)"""$/ms.exec(source) ?? [];
    const { parameters, macs } = architectureCosts(architecture);
    expect(docstring).toContain(`${parameters.toLocaleString("en-US")} parameters`);
    expect(docstring).toContain(`${macs.toLocaleString("en-US")} multiply-accumulates at 256 x 256`);
    expect(docstring).toMatch(/Found by chance\..*Written by esnas \d+\.\d+\.\d+ from the genotype/s);
    expect(JSON.parse(docstring.slice(docstring.indexOf("{")))).toEqual(toJson(space, genotype));
  });

  test("is refused of a graph without blocks", () => {
    expect(() => pytorchSource(fromGraph(graphOf(drawn(small, 1))))).toThrow(InputError);
  });

  const black = spawnSync("black", ["--version"]).status === 0;
  test.skipIf(!black)("is formatted as black would (skipped without black)", () => {
    const files = spaces.flatMap((space) =>
      [0, 1, 2].map((seed) => {
        const file = join(folder, `${space.name}-${seed}.py`);
        writeFileSync(file, pytorchSource(drawn(space, seed)));
        return file;
      }),
    );
    for (const name of oneOfEachFamily) {
      const file = join(folder, `${name}.py`);
      writeFileSync(file, pytorchSource(modelNamed(name).build()));
      files.push(file);
    }
    execFileSync("black", ["--check", "--quiet", ...files]);
  });
});

describe.skipIf(!hasPyTorch())("in PyTorch (skipped without python3-torch), the source", () => {
  const random = spaces.flatMap((space) =>
    [0, 1].map((seed) => {
      const name = `${space.name} ${seed}`;
      if (space !== small) return { name, architecture: resized(drawn(space, seed), { resolution: [8, 8] }) };
      const genotype = sampleWithin(space, { parameters: familyBudgets.s0.parameters }, seededRandom(seed));
      return { name, architecture: space.build(genotype) };
    }),
  );
  const published = oneOfEachFamily.map((name) => {
    return { name, architecture: resized(modelNamed(name).build(), { resolution: [64, 64] }) };
  });
  const cases: readonly Case[] = [...random, ...published];
  const folders = cases.map((_, i) => join(folder, `case-${i}`));
  let judgements: readonly Judgement[] = [];

  beforeAll(async () => {
    for (const [i, { architecture }] of cases.entries()) {
      const [, channels = 3, height = 1, width = 1] = architecture.input;
      const shapes = [1, 4].map((batch) => [batch, channels, height, width]);
      const other = i < random.length ? [[2, channels, height * 2, width]] : [];
      await writeCase(folders[i] ?? "", architecture, i, [...shapes, ...other]);
    }
    judgements = await judgeCases(folders);
  });

  test("has the parameters of the architecture, under the names that the ONNX file has", () => {
    judgements.forEach(({ parameters, sameNames }, i) => {
      const { name = "", architecture } = cases[i] ?? {};
      const expected = architecture && architectureCosts(architecture).parameters;
      expect({ name, parameters, sameNames }).toEqual({ name, parameters: expected, sameNames: true });
    });
    expect(judgements).toHaveLength(cases.length);
  });

  test("gives ONNX Runtime's logits to 1e-4 at batch 1, at batch 4 and at another size, every kind of block among them", () => {
    judgements.forEach(({ runs }, i) => {
      for (const { shape, difference, largest } of runs) {
        // Of networks for few classes, logits are in the hundreds: there, relative to the largest.
        const scale = cases[i]?.name.startsWith("hybrid") ? 1 : Math.max(1, largest);
        expect(difference / scale, `${cases[i]?.name} of ${shape}`).toBeLessThan(1e-4);
        expect(largest).toBeGreaterThan(0.01);
      }
    });
    const specs = cases.flatMap(({ architecture }) => architecture.blocks.map(({ spec }) => spec));
    expect(new Set(specs.map(({ kind }) => kind))).toEqual(new Set(Object.keys(blocks)));
    expect(new Set(specs.flatMap((spec) => ("ffn" in spec ? [spec.ffn.kind] : [])))).toEqual(
      new Set(["ibn", "convnext"]),
    );
  });

  test("trains: ten steps of an optimiser lower the loss, with dropout and stochastic depth", async () => {
    const hybrids = folders.slice(0, 2);
    for (const losses of await trainCases(hybrids)) {
      expect(losses).toHaveLength(11);
      expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
    }
  }, 600_000);
});
