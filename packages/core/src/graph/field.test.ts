import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concatenated,
  type Field,
  type MaybeField,
  normalise,
  type Profile,
  product,
  reshaping,
  scaled,
  slice,
  sum,
  uniform,
} from "./field.js";
import { elements, type Shape } from "./graph.js";

/** All elements of a field over a tensor, row-major. */
function dense(field: MaybeField, shape: Shape): number[] {
  if (field === undefined) return new Array<number>(elements(shape)).fill(0);
  return indices(shape).map((index) =>
    index.reduce((value, i, axis) => value * (field.axes[axis]?.[i] ?? 1), Math.exp(field.log)),
  );
}

/** The indices of a tensor's elements, row-major. */
function indices(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Sums of a dense tensor over all axes but one. */
function marginal(values: readonly number[], shape: Shape, axis: number): number[] {
  const sums = new Array<number>(shape[axis] ?? 1).fill(0);
  indices(shape).forEach((index, i) => {
    const at = index[axis] ?? 0;
    sums[at] = (sums[at] ?? 0) + (values[i] ?? 0);
  });
  return sums;
}

/** A field on `[start, start + length)` of an axis of `whole` elements, between zeros. */
function embed(field: MaybeField, axis: number, start: number, length: number, whole: number): MaybeField {
  return concatenated([undefined, field, undefined], axis, [start, length, whole - start - length]);
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const difference = Math.max(...found.map((value, i) => Math.abs(value - (expected[i] ?? 0))));
  expect(difference).toBeLessThanOrEqual(1e-12 * largest);
}

const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

/** Values of mean 1; the constant ones where all are zero. */
function profileOf(values: readonly number[]): Profile {
  const profile = [...values];
  return normalise(profile) === 0 ? undefined : profile;
}

/** A profile, or the constant one; zeros are frequent, as outside of an embedded part. */
function profiles(length: number): fc.Arbitrary<Profile> {
  const values = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 })), {
    minLength: length,
    maxLength: length,
  });
  return fc.option(values.map(profileOf), { nil: undefined });
}

function fields(shape: Shape): fc.Arbitrary<Field> {
  return fc.record({
    log: fc.integer({ min: -4, max: 4 }),
    axes: fc.tuple(...shape.map(profiles)),
  });
}

/** Fields over one tensor, some of them zero. */
function someFields(shape: Shape, n: number): fc.Arbitrary<MaybeField[]> {
  const field = fc.option(fields(shape), { nil: undefined, freq: 10 });
  return fc.array(field, { minLength: n, maxLength: n });
}

describe("a field", () => {
  test("times a factor is its elements times the factor", () => {
    const property = fc.property(
      lengths.chain((shape) => fc.tuple(fc.constant(shape), fields(shape))),
      fc.integer({ min: 0, max: 5 }),
      ([shape, field], factor) => {
        expectClose(
          dense(scaled(field, factor), shape),
          dense(field, shape).map((value) => value * factor),
        );
      },
    );
    fc.assert(property, { seed: 1 });
  });

  test("times a field is the product of their elements", () => {
    const two = lengths.chain((shape) => fc.tuple(fc.constant(shape), someFields(shape, 2)));
    const property = fc.property(two, ([shape, [a, b]]) => {
      const [x, y] = [dense(a, shape), dense(b, shape)];
      expectClose(
        dense(product(a, b), shape),
        x.map((value, i) => value * (y[i] ?? 0)),
      );
    });
    fc.assert(property, { seed: 2 });
  });

  test("without a bend is the same everywhere", () => {
    expect(dense(uniform(2, Math.log(3)), [2, 2])).toEqual([3, 3, 3, 3].map((value) => expect.closeTo(value, 12)));
  });
});

describe("a sum of fields", () => {
  const several = lengths.chain((shape) => fc.tuple(fc.constant(shape), someFields(shape, 2)));

  test("does not depend on their order", () => {
    const property = fc.property(several, ([shape, [a, b]]) => {
      expectClose(dense(sum([a, b]), shape), dense(sum([b, a]), shape));
    });
    fc.assert(property, { seed: 3 });
  });

  test("has the marginals of the dense sum along every axis", () => {
    const many = lengths.chain((shape) => fc.tuple(fc.constant(shape), someFields(shape, 4)));
    const property = fc.property(many, ([shape, summands]) => {
      const exact = summands
        .map((field) => dense(field, shape))
        .reduce((total, values) => total.map((value, i) => value + (values[i] ?? 0)));
      const found = dense(sum(summands), shape);
      shape.forEach((_, axis) => {
        expectClose(marginal(found, shape, axis), marginal(exact, shape, axis));
      });
    });
    fc.assert(property, { seed: 4 });
  });

  test("is exact where they differ along one axis alone", () => {
    const alike = lengths.chain((shape) =>
      fc.record({ shape: fc.constant(shape), a: fields(shape), b: fields(shape), axis: fc.nat(shape.length - 1) }),
    );
    const property = fc.property(alike, ({ shape, a, b, axis }) => {
      const other = { log: b.log, axes: a.axes.with(axis, b.axes[axis]) };
      const [x, y] = [dense(a, shape), dense(other, shape)];
      expectClose(
        dense(sum([a, other]), shape),
        x.map((value, i) => value + (y[i] ?? 0)),
      );
    });
    fc.assert(property, { seed: 5 });
  });

  test("keeps rows and columns one object where both summands do", () => {
    const square = (values: number[]): Field => {
      const side = profileOf(values);
      return { log: 0, axes: [undefined, undefined, side, side] };
    };
    const total = sum([square([1, 2, 1]), square([1, 5, 1])]);
    expect(total?.axes[2]).toBe(total?.axes[3]);
  });

  test("neither overflows nor underflows", () => {
    expect(sum([uniform(1, 1e5), uniform(1, 1e5)])?.log).toBeCloseTo(1e5 + Math.LN2, 9);
    expect(sum([uniform(1, -1e5), uniform(1, 1e5)])?.log).toBe(1e5);
  });

  test("of nothing but zeros is zero", () => {
    expect(sum([undefined, undefined])).toBeUndefined();
  });
});

describe("a part of a field", () => {
  /** A field with a range of one of its axes. */
  const parts = lengths.chain((shape) =>
    fc.nat(shape.length - 1).chain((axis) => {
      const whole = shape[axis] ?? 1;
      return fc.record({
        shape: fc.constant(shape),
        axis: fc.constant(axis),
        field: fields(shape),
        range: fc
          .nat(whole - 1)
          .chain((start) =>
            fc.record({ start: fc.constant(start), length: fc.integer({ min: 1, max: whole - start }) }),
          ),
      });
    }),
  );

  test("is what a dense tensor has there", () => {
    const property = fc.property(parts, ({ shape, axis, field, range: { start, length } }) => {
      const values = dense(field, shape);
      const inside = (index: number[]) => (index[axis] ?? 0) >= start && (index[axis] ?? 0) < start + length;
      const expected = indices(shape).flatMap((index, i) => (inside(index) ? [values[i] ?? 0] : []));
      expectClose(dense(slice(field, axis, start, length), shape.with(axis, length)), expected);
    });
    fc.assert(property, { seed: 6 });
  });

  test("put into zeros is what a dense tensor has there, and zero elsewhere", () => {
    const property = fc.property(parts, ({ shape, axis, field, range: { start, length } }) => {
      const part = slice(field, axis, start, length);
      const values = dense(field, shape);
      const inside = (index: number[]) => (index[axis] ?? 0) >= start && (index[axis] ?? 0) < start + length;
      const expected = indices(shape).map((index, i) => (inside(index) ? (values[i] ?? 0) : 0));
      expectClose(dense(embed(part, axis, start, length, shape[axis] ?? 1), shape), expected);
    });
    fc.assert(property, { seed: 7 });
  });

  test("put into zeros and taken out again is itself", () => {
    const property = fc.property(parts, fc.nat(3), fc.nat(3), ({ shape, axis, field }, before, after) => {
      const length = shape[axis] ?? 1;
      const whole = embed(field, axis, before, length, before + length + after);
      expectClose(dense(slice(whole, axis, before, length), shape), dense(field, shape));
    });
    fc.assert(property, { seed: 8 });
  });

  test("and the rest sum up to the whole", () => {
    const property = fc.property(parts, fc.nat(3), ({ shape, axis, field }, cut) => {
      const whole = shape[axis] ?? 1;
      const at = Math.min(cut, whole - 1);
      const [first, second] = [slice(field, axis, 0, at), slice(field, axis, at, whole - at)];
      const together = sum([
        at === 0 ? undefined : embed(first, axis, 0, at, whole),
        embed(second, axis, at, whole - at, whole),
      ]);
      expectClose(dense(together, shape), dense(field, shape));
    });
    fc.assert(property, { seed: 9 });
  });
});

describe("a concatenation of fields", () => {
  test("has the marginals of the dense concatenation along every axis", () => {
    const lists = lengths.chain((shape) =>
      fc.nat(shape.length - 1).chain((axis) => {
        const part = fc
          .integer({ min: 1, max: 4 })
          .chain((length) => someFields(shape.with(axis, length), 1).map(([field]) => ({ field, length })));
        const parts = fc.array(part, { minLength: 1, maxLength: 4 });
        return fc.record({ shape: fc.constant(shape), axis: fc.constant(axis), parts });
      }),
    );
    const property = fc.property(lists, ({ shape, axis, parts }) => {
      const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((total, { length }) => total + length, 0));
      const whole = shape.with(axis, ends.at(-1) ?? 0);
      const exact = indices(whole).map((index) => {
        const at = index[axis] ?? 0;
        const which = ends.findIndex((end) => at < end);
        const { field, length } = parts[which] ?? { field: undefined, length: 0 };
        if (field === undefined) return 0;
        const inner = index.with(axis, at - (ends[which] ?? 0) + length);
        return inner.reduce((value, i, of) => value * (field.axes[of]?.[i] ?? 1), Math.exp(field.log));
      });
      const found = dense(
        concatenated(
          parts.map(({ field }) => field),
          axis,
          parts.map(({ length }) => length),
        ),
        whole,
      );
      whole.forEach((_, of) => {
        expectClose(marginal(found, whole, of), marginal(exact, whole, of));
      });
    });
    fc.assert(property, { seed: 13 });
  });
});

describe("a reshaped field", () => {
  /** A shape, and the same elements with runs of neighbouring axes merged, axes of length 1 thrown in. */
  const merged = lengths.chain((shape) =>
    fc
      .record({
        joins: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        ones: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        field: fields(shape),
      })
      .map(({ joins, ones, field }) => {
        const target: number[] = [];
        shape.forEach((n, axis) => {
          if (axis > 0 && joins[axis]) target.push((target.pop() ?? 1) * n);
          else target.push(...(ones[axis] ? [1, n] : [n]));
        });
        return { shape, target, field };
      }),
  );

  test("whose axes are merged has the same elements", () => {
    const property = fc.property(merged, ({ shape, target, field }) => {
      expectClose(dense(reshaping(shape, target)(field), target), dense(field, shape));
    });
    fc.assert(property, { seed: 10, numRuns: 200 });
  });

  test("goes there and back", () => {
    const property = fc.property(merged, ({ shape, target, field }) => {
      const back = reshaping(target, shape)(reshaping(shape, target)(field));
      expectClose(dense(back, shape), dense(field, shape));
    });
    fc.assert(property, { seed: 11, numRuns: 200 });
  });

  test("whose axes are split has the marginals of the dense tensor", () => {
    const property = fc.property(
      merged,
      fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      ({ shape, target }, stream) => {
        const axes = target.map((n) => profileOf(Array.from({ length: n }, () => stream.next().value)));
        const field = { log: 1, axes };
        const values = dense(field, target);
        const found = dense(reshaping(target, shape)(field), shape);
        shape.forEach((_, axis) => {
          expectClose(marginal(found, shape, axis), marginal(values, shape, axis));
        });
      },
    );
    fc.assert(property, { seed: 12, numRuns: 200 });
  });
});
