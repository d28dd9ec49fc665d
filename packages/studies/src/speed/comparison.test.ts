import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { comparisonOf, unlikeMachines, verdictOf } from "./comparison.js";
import { type Measurement, measurementOf, readReport, reportOf } from "./measurement.js";

const units = fc.constantFrom<Measurement["unit"]>(
  "ms",
  "MiB",
  "candidates/s",
  "GFLOP/s",
  "% of peak",
  "times",
  "ratio",
);
const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 });
const pairs = fc
  .tuple(units, values, values)
  .map(([unit, a, b]) => [measurementOf("a", unit, a), measurementOf("a", unit, b)] as const);

const opposite = { better: "worse", worse: "better", "": "" } as const;

describe("a verdict", () => {
  test("is the opposite of the verdict on the two runs in the other order", () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(verdictOf(b, a)).toBe(opposite[verdictOf(a, b)]);
      }),
    );
  });

  test("is none on a run and itself, nor where each median lies within the spread of the other run", () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(verdictOf(a, a)).toBe("");
        const within = (x: Measurement, y: Measurement) => y.min <= x.median && x.median <= y.max;
        if (within(a, b) && within(b, a)) expect(verdictOf(a, b)).toBe("");
      }),
    );
  });

  test("is given where the spreads do not meet: less time and memory, and more of everything else, are better", () => {
    const verdict = (unit: Measurement["unit"], before: number[], after: number[]) =>
      verdictOf(measurementOf("a", unit, before), measurementOf("a", unit, after));
    expect(verdict("ms", [10, 11, 14], [5, 6, 9])).toBe("better");
    expect(verdict("MiB", [5, 6, 9], [10, 11, 14])).toBe("worse");
    expect(verdict("candidates/s", [10, 11, 14], [5, 6, 9])).toBe("worse");
    expect(verdict("% of peak", [5, 6, 9], [10, 11, 14])).toBe("better");
  });

  test("is none where a run has fewer than three repeats", () => {
    expect(verdictOf(measurementOf("a", "MiB", [10, 11]), measurementOf("a", "MiB", [5, 6, 7]))).toBe("");
  });

  test("does not hang on one repeat that was disturbed", () => {
    const times = [10, 11, 12];
    expect(verdictOf(measurementOf("a", "ms", times), measurementOf("a", "ms", [4, 5, 500]))).toBe("better");
  });
});

describe("a comparison", () => {
  const thrice = (name: string, unit: Measurement["unit"], value: number) =>
    measurementOf(name, unit, [value, value, value]);
  const report = (...measurements: Measurement[]) => reportOf(measurements);

  test("has what both runs measured in one unit, by its name, in the order of the later run", () => {
    const before = report(
      thrice("x", "ms", 4),
      thrice("y", "ms", 2),
      thrice("gone", "ms", 1),
      thrice("other", "MiB", 1),
    );
    const after = report(thrice("new", "ms", 1), thrice("y", "ms", 1), thrice("other", "ms", 1), thrice("x", "ms", 8));
    expect(comparisonOf(before, after)).toEqual([
      { name: "y", unit: "ms", before: 2, after: 1, ratio: 0.5, verdict: "better" },
      { name: "x", unit: "ms", before: 4, after: 8, ratio: 2, verdict: "worse" },
    ]);
  });

  test("says of which machine or version one of the runs is, where they differ", () => {
    const run = report();
    expect(unlikeMachines(run, run)).toEqual([]);
    const other = { ...run, machine: { ...run.machine, node: "v18.0.0" } };
    expect(unlikeMachines(other, run)).toEqual([`node: v18.0.0 before, ${process.version} now`]);
  });
});

describe("the file of a run", () => {
  const folder = mkdtempSync(join(tmpdir(), "esnas-studies-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is read back as it was written", () => {
    const path = join(folder, "run.json");
    const property = fc.property(units, values, fc.option(values, { nil: undefined }), (unit, times, cpu) => {
      const written = reportOf([measurementOf("s0: run", unit, times, cpu)]);
      writeFileSync(path, JSON.stringify(written));
      expect(readReport(path)).toEqual(written);
    });
    fc.assert(property, { numRuns: 5 });
  });

  test("is refused where it is not there, no JSON, or of another form, by its name and what is wrong", () => {
    const path = join(folder, "wrong.json");
    expect(() => readReport(join(folder, "absent.json"))).toThrow(/cannot read ".*absent.json"/);
    writeFileSync(path, "{");
    expect(() => readReport(path)).toThrow(/wrong.json" is no JSON/);
    const [written] = reportOf([measurementOf("a", "ms", [1])]).measurements;
    writeFileSync(path, JSON.stringify({ ...reportOf([]), measurements: [{ ...written, unit: "s" }] }));
    expect(() => readReport(path)).toThrow(/is no file of npm run bench .*measurements.0.unit/);
  });
});
