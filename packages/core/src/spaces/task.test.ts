import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ImageShape, imageShapeOf, imageShapeText, taskOfNetwork } from "../architecture/task.js";
import { InputError } from "../base/errors.js";
import { seededRandom } from "../base/random-numbers.js";
import { modelNamed } from "../models/registry.js";
import { hybridDefaults, hybridSpace } from "./hybrid.js";
import { toJson } from "./json.js";
import { natsTopologySpace } from "./nats.js";
import { readGenotype } from "./registry.js";
import { autoStem, forTask, hybridTaskOptions, LEAST_MAP, unusualStem } from "./task.js";
import { sample } from "./variation.js";

const channels = fc.integer({ min: 1, max: 64 });
const side = fc.oneof(fc.integer({ min: 32, max: 300 }), fc.integer({ min: 32, max: 4096 }));
const shapes = fc.tuple(channels, side, side);
const small = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 32, max: 160 }),
  fc.integer({ min: 32, max: 160 }),
);

describe("the shape of an image", () => {
  test("is read back from its text", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        expect(imageShapeOf(imageShapeText(shape))).toEqual(shape);
      }),
    );
  });

  test.each([
    "",
    "96",
    "96x96",
    "1x96x96x1",
    "0x96x96",
    "65x96x96",
    "1x4097x96",
    "1x96x-96",
    "1x9.6x96",
    "axbxc",
    "1X96X96",
  ])('is not "%s", which one line says', (text) => {
    expect(() => imageShapeOf(text)).toThrow(InputError);
    expect(() => imageShapeOf(text)).toThrow(/is no image: write channels x height x width, such as 1x96x96/);
  });
});

describe("a stem that is chosen", () => {
  test("leaves no feature map of any network smaller than 4 x 4, and a larger one would", () => {
    const property = fc.property(small, fc.integer({ min: 0, max: 1e6 }), (input, seed) => {
      const options = hybridTaskOptions({ input, classes: 2 });
      const { stem = hybridDefaults.stem } = options;
      const leastOf = (space = hybridSpace(options)) =>
        Math.min(...(taskOfNetwork(space.build(sample(space, seededRandom(seed)))).smallestMap ?? []));
      expect(leastOf()).toBeGreaterThanOrEqual(LEAST_MAP);
      if (stem < hybridDefaults.stem)
        expect(leastOf(hybridSpace({ ...options, stem: 2 * stem }))).toBeLessThan(LEAST_MAP);
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("is in the options where it is not the stem of the space, and nowhere else", () => {
    fc.assert(
      fc.property(shapes, (input) => {
        const options = hybridTaskOptions({ input });
        expect("stem" in options).toBe(Math.min(input[1], input[2]) < 128);
        expect(options.stem ?? hybridDefaults.stem).toBe(autoStem({ input: [...input] }));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    [[3, 32, 32], 1],
    [[3, 63, 4096], 1],
    [[1, 64, 64], 2],
    [[1, 96, 96], 2],
    [[3, 127, 128], 2],
    [[3, 128, 128], 4],
    [[3, 256, 256], 4],
    [[3, 4096, 4096], 4],
  ] as [ImageShape, number][])("is for %j %d", (input, stem) => {
    expect(autoStem({ input: [...input] })).toBe(stem);
  });

  test("is none for images that are too small for any, and one line says what to do", () => {
    expect(() => hybridTaskOptions({ input: [1, 28, 40] })).toThrow(
      /images of 28 x 40 pixels are too small: .* pad them to 32 x 40, or choose the stem yourself/,
    );
    expect(hybridTaskOptions({ input: [1, 28, 28], stem: 1 })).toEqual({ input: [1, 28, 28], stem: 1 });
  });

  test("looks at the stages that the space has", () => {
    const [first = hybridDefaults.stages[0]] = hybridDefaults.stages;
    if (first === undefined) throw new Error("the space has stages");
    expect(autoStem({ input: [3, 32, 32], stages: [first, first] })).toBe(4);
  });
});

describe("the options for a task", () => {
  test("are those of the space where nothing is asked for", () => {
    expect(hybridTaskOptions({})).toEqual({});
    expect(hybridTaskOptions({ input: [3, 256, 256], classes: 1000 })).toEqual({ input: [3, 256, 256], classes: 1000 });
  });

  test("keep what others have chosen, the stem too, unless it is asked for", () => {
    const base = { input: [3, 64, 64] as [number, number, number], stem: 3, heads: 8 };
    expect(hybridTaskOptions({ classes: 2 }, base)).toEqual({ ...base, classes: 2 });
    expect(hybridTaskOptions({ stem: "auto" }, base)).toEqual({ ...base, stem: 2 });
    expect(hybridTaskOptions({ stem: 4 }, base)).toEqual({ input: [3, 64, 64], heads: 8 });
  });

  test("say of which stem has to be named: that which would not be chosen", () => {
    expect(unusualStem({})).toBeUndefined();
    expect(unusualStem(hybridTaskOptions({ input: [1, 64, 64] }))).toBeUndefined();
    expect(unusualStem({ input: [3, 64, 64] })).toBe(4);
    expect(unusualStem({ input: [1, 28, 28], stem: 1 })).toBe(1);
  });
});

describe("a network for another task", () => {
  const space = hybridSpace();
  const genotype = sample(space, seededRandom(3));
  const own = { architecture: space.build(genotype), genotype: { space, genotype } };

  test("has the images, the classes and the stem that are asked for, and its genotype says so", () => {
    const property = fc.property(small, fc.integer({ min: 1, max: 300 }), (input, classes) => {
      const { architecture, genotype: other } = forTask(own, { input, classes, stem: "auto" });
      expect(taskOfNetwork(architecture)).toMatchObject({ input, classes, stem: autoStem({ input: [...input] }) });
      if (other === undefined) throw new Error("it has a genotype");
      const read = readGenotype(JSON.parse(JSON.stringify(toJson(other.space, other.genotype))));
      expect(read.space.build(read.genotype).blocks.map(({ key }) => key)).toEqual(
        architecture.blocks.map(({ key }) => key),
      );
    });
    fc.assert(property, { numRuns: 30 });
  });

  test("keeps the stem where none is asked for", () => {
    expect(taskOfNetwork(forTask(own, { input: [1, 64, 64] }).architecture)).toMatchObject({ stem: 4, classes: 1000 });
  });

  test("may be a published one, whose stem is its own", () => {
    const edgenext = { architecture: modelNamed("edgenext_xxs").build() };
    const { architecture } = forTask(edgenext, { input: [1, 64, 64], classes: 7 });
    expect(taskOfNetwork(architecture)).toMatchObject({ input: [1, 64, 64], classes: 7 });
    expect(() => forTask(edgenext, { stem: 2 })).toThrow(/has a stem of its own/);
  });

  test("is refused where it cannot take such images", () => {
    expect(() => forTask(own, { input: [1, 8, 8] })).toThrow(/cannot take images of \[8, 8\]/);
    const nats = natsTopologySpace();
    const cell = sample(nats, seededRandom(0));
    const network = { architecture: nats.build(cell), genotype: { space: nats, genotype: cell } };
    expect(() => forTask(network, { stem: 2 })).toThrow(/has a stem of its own/);
  });
});
