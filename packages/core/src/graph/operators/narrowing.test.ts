import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MaybeField, normalise, type Profile } from "../field.js";
import type { JunctionFlow, LayerFlow, Tally } from "../flow-rule.js";
import type { Shape } from "../graph.js";
import type { Operand } from "../operator.js";
import { rulesOf } from "../rules.js";

const nothing: Tally = { add: () => {}, addUnreached: () => {} };

/** Separable fields over tensors of a shape, some of whose axes are constant. */
function fieldOf(shape: Shape): fc.Arbitrary<MaybeField> {
  const profiles = shape.map((length) =>
    fc.option(fc.array(fc.double({ min: 0.1, max: 2, noNaN: true }), { minLength: length, maxLength: length }), {
      nil: undefined,
    }),
  );
  return fc.record({ log: fc.double({ min: -5, max: 5, noNaN: true }), axes: fc.tuple(...profiles) }).map((field) => {
    for (const profile of field.axes) if (profile !== undefined) normalise(profile);
    return { ...field, axes: field.axes as Profile[] };
  });
}

interface Junction {
  readonly rule: JunctionFlow;
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
}

function junction(
  operator: "MatMul" | "Split",
  inputs: readonly Shape[],
  outputs: readonly Shape[],
  attributes = {},
): Junction {
  const rule = rulesOf<object>(operator).flow?.(
    { inputs: inputs.map((shape): Operand => ({ shape })), outputs, attributes },
    "identity",
  );
  if (rule?.kind !== "junction") throw new Error(`${operator} is a junction`);
  return { rule, inputs, outputs };
}

function narrowed({ rule }: Junction, ...narrowing: Parameters<NonNullable<JunctionFlow["narrowed"]>>): LayerFlow {
  const layer = rule.narrowed?.(...narrowing);
  if (layer === undefined) throw new Error("the junction can be narrowed");
  return layer;
}

describe("a junction that one signal passes", () => {
  const split = junction(
    "Split",
    [[1, 6, 4]],
    [
      [1, 2, 4],
      [1, 2, 4],
      [1, 2, 4],
    ],
    { axis: 1 },
  );
  const product = junction(
    "MatMul",
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [[2, 3, 5]],
  );

  test.each([0, 1, 2])("is, of a split, what the split does of part %i alone", (output) => {
    const layer = narrowed(split, { operand: 0, output, fields: [undefined] });
    fc.assert(
      fc.property(fieldOf([1, 6, 4]), fieldOf([1, 2, 4]), (x, g) => {
        const gradients = split.outputs.map((_, i) => (i === output ? g : undefined));
        expect(layer.forward(x)).toEqual(split.rule.forward([x])[output]);
        expect(layer.backward(x, g, nothing)).toEqual(split.rule.backward([x], gradients, nothing)[0]);
      }),
    );
  });

  test.each([0, 1])("is, of a product, what the product does of factor %i alone", (operand) => {
    fc.assert(
      fc.property(fieldOf([2, 3, 4]), fieldOf([2, 4, 5]), fieldOf([2, 3, 5]), (x, y, g) => {
        const layer = narrowed(product, {
          operand,
          output: 0,
          fields: operand === 0 ? [undefined, y] : [x, undefined],
        });
        const signal = operand === 0 ? x : y;
        expect(layer.forward(signal)).toEqual(product.rule.forward([x, y])[0]);
        expect(layer.backward(signal, g, nothing)).toEqual(product.rule.backward([x, y], [g], nothing)[operand]);
      }),
    );
  });
});
