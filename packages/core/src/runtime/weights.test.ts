import { randomNormal } from "d3-random";
import fc from "fast-check";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { describe, expect, test } from "vitest";
import { graphOf } from "../architecture/architecture.js";
import { seededRandom } from "../base/random-numbers.js";
import { elements, type Parameter } from "../graph/graph.js";
import { hybridSpace } from "../spaces/hybrid.js";
import { sample } from "../spaces/variation.js";
import { normalValues, parameterValues } from "./weights.js";

const names = fc.string({ minLength: 1, maxLength: 40 });
const seeds = fc.oneof(fc.nat(), fc.string({ maxLength: 10 }));

/** Numbers in the bank, which no caller has to know. */
const BANK_SIZE = 2 ** 21;

describe("normal values", () => {
  test("are those that every recorded history was made with", () => {
    expect([...normalValues(0, "stem.conv.weight", [6])]).toEqual([
      -0.5036780834197998, 0.2543836832046509, 0.9638855457305908, -1.2813860177993774, -1.9672472476959229,
      0.49286404252052307,
    ]);
    expect([...normalValues("7.1", "input", [3], 0.5)]).toEqual([
      0.3018474280834198, 0.013526856899261475, -0.0862254798412323,
    ]);
  });

  test("are all of the polar method, as d3-random draws them", () => {
    const generator = xoroshiro128plus(0x0e54a5);
    const draw = randomNormal.source(() => uniformFloat64(generator))();
    const drawn = Float32Array.from({ length: BANK_SIZE }, draw);
    const values = normalValues(0, "stem.conv.weight", [BANK_SIZE]);
    const from = drawn.indexOf(values[0] ?? 0);
    expect(values.length).toBe(BANK_SIZE);
    expect(values.findIndex((value, i) => value !== drawn[(from + i) % BANK_SIZE])).toBe(-1);
  });

  test("depend on seed and name alone, whatever was asked for before", () => {
    const property = fc.property(seeds, names, fc.integer({ min: 1, max: 50 }), names, (seed, name, length, other) => {
      const first = normalValues(seed, name, [length]);
      normalValues(seed, other, [length]).fill(0);
      expect(normalValues(seed, name, [length])).toEqual(first);
    });
    fc.assert(property, { seed: 1 });
  });

  test("of a shorter tensor are a prefix of those of a longer one, whatever the shapes", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });
    const property = fc.property(seeds, names, shape, shape, (seed, name, a, b) => {
      const [short, long] = [a, b]
        .toSorted((x, y) => elements(x) - elements(y))
        .map((of) => normalValues(seed, name, of));
      expect(long?.subarray(0, short?.length)).toEqual(short);
    });
    fc.assert(property, { seed: 2 });
  });

  test("differ between names and between seeds", () => {
    const property = fc.property(fc.uniqueArray(seeds, { minLength: 2, maxLength: 2 }), names, names, (two, a, b) => {
      const [seed = 0, otherSeed = 1] = two;
      const values = normalValues(seed, a, [8]);
      if (a !== b) expect(normalValues(seed, b, [8])).not.toEqual(values);
      if (String(seed) !== String(otherSeed)) expect(normalValues(otherSeed, a, [8])).not.toEqual(values);
    });
    fc.assert(property, { seed: 3 });
  });

  test("of neighbouring seeds, blocks and layers begin at places of their own", () => {
    const values = new Set<string>();
    const layers = ["expand", "depthwise", "project", "qkv", "attention_project"];
    for (let seed = 0; seed < 10; seed++)
      for (let stage = 0; stage < 4; stage++)
        for (let block = 0; block < 9; block++)
          for (const layer of layers)
            values.add(normalValues(seed, `stages.${stage}.blocks.${block}.${layer}.weight`, [3]).join());
    expect(values.size).toBe(10 * 4 * 9 * layers.length);
  });

  test("scale with the standard deviation", () => {
    const property = fc.property(seeds, names, fc.double({ min: 0.01, max: 10, noNaN: true }), (seed, name, std) => {
      const unit = normalValues(seed, name, [20]);
      expect(normalValues(seed, name, [20], std)).toEqual(unit.map((value) => value * std));
    });
    fc.assert(property, { seed: 4 });
  });

  test("wrap around the end of the bank", () => {
    const values = normalValues(1, "longer than the bank", [BANK_SIZE + 5]);
    expect(values.subarray(BANK_SIZE)).toEqual(values.subarray(0, 5));
    expect(values.subarray(1, 6)).not.toEqual(values.subarray(0, 5));
  });

  test("do not share memory with the bank", () => {
    normalValues(5, "spoilt", [10]).fill(9);
    expect(normalValues(5, "spoilt", [10])).not.toContain(9);
  });

  test("are standard normal: mean, deviation, skewness and kurtosis of the whole bank within 4 standard errors", () => {
    const bank = normalValues(0, "bank", [BANK_SIZE]);
    const moment = (power: number) => bank.reduce((total, value) => total + value ** power, 0) / BANK_SIZE;
    const errors = 4 / Math.sqrt(BANK_SIZE);
    const [mean, square, cube, fourth] = [1, 2, 3, 4].map(moment);
    // The variances of these sample moments are 1, 2, 15 and 96 over the sample's size.
    expect(Math.abs(mean ?? 1)).toBeLessThan(errors);
    expect(Math.abs((square ?? 0) - 1)).toBeLessThan(Math.sqrt(2) * errors);
    expect(Math.abs(cube ?? 1)).toBeLessThan(Math.sqrt(15) * errors);
    expect(Math.abs((fourth ?? 0) - 3)).toBeLessThan(Math.sqrt(96) * errors);
  });

  test("are not correlated with their neighbours", () => {
    const bank = normalValues(0, "bank", [BANK_SIZE]);
    for (const lag of [1, 2, 3, 64, 1000]) {
      let total = 0;
      for (let i = lag; i < BANK_SIZE; i++) total += (bank[i] ?? 0) * (bank[i - lag] ?? 0);
      expect(Math.abs(total / (BANK_SIZE - lag))).toBeLessThan(4 / Math.sqrt(BANK_SIZE - lag));
    }
  });
});

describe("the parameters of a network", () => {
  const space = hybridSpace({ input: [3, 64, 64], classes: 10 });
  const graph = graphOf(space.build(sample(space, seededRandom(3))));
  const readBy = (name: string) => graph.nodes.find(({ inputs }) => inputs[1] === name);

  test("are Kaiming-normal with fan-out, divided by the groups, in every convolution and linear layer", () => {
    const weights = [...graph.parameters.values()].filter(({ shape }) => shape.length > 1);
    const kinds = new Set<string>();
    for (const parameter of weights) {
      const node = readBy(parameter.name);
      const [out = 1, , ...kernel] = parameter.shape;
      const groups = node?.operator === "Conv" ? node.attributes.group : 1;
      kinds.add(`${node?.operator} ${groups > 1 ? "depthwise" : "dense"}`);
      const std = Math.sqrt(2 / ((elements(kernel) * out) / groups));
      expect(parameter.initialisation).toEqual({ kind: "normal", std: expect.closeTo(std, 12) });
      const values = parameterValues(1, parameter);
      const n = values.length;
      expect(n).toBe(elements(parameter.shape));
      const meanSquare = values.reduce((total, value) => total + value * value, 0) / n;
      expect(Math.abs(meanSquare / std ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    }
    expect([...kinds].toSorted()).toEqual(["Conv dense", "Conv depthwise", "Gemm dense"]);
  });

  test("are ones and zeros where they are scales, variances, biases and means", () => {
    for (const parameter of graph.parameters.values()) {
      if (parameter.shape.length > 1) continue;
      const isOne = parameter.name.endsWith("running_var") || /norm\.weight$/.test(parameter.name);
      expect(new Set(parameterValues(1, parameter)), parameter.name).toEqual(new Set([isOne ? 1 : 0]));
    }
  });

  test("are those of the file where a file has brought them", () => {
    const values = Float32Array.of(1, 2);
    const parameter: Parameter = {
      name: "read",
      shape: [2],
      initialisation: { kind: "normal", std: 1 },
      trainable: true,
      values,
    };
    expect(parameterValues(1, parameter)).toBe(values);
  });

  test("are drawn by the name that they are given, as a block's own graph is put into a place", () => {
    const parameter: Parameter = {
      name: "expand.weight",
      shape: [4],
      initialisation: { kind: "normal", std: 0.5 },
      trainable: true,
    };
    const placed = parameterValues(1, parameter, "stages.1.blocks.0.expand.weight");
    expect(placed).toEqual(normalValues(1, "stages.1.blocks.0.expand.weight", [4], 0.5));
  });
});
