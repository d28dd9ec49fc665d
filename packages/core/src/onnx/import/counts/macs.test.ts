import { readFileSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { parse } from "csv-parse/sync";
import { NodeProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { countingOf, macsOfNode } from "./macs.js";
import { uncounted, withBodies, withoutMacs } from "./operators.js";

interface Row {
  readonly domain: string;
  readonly operator: string;
  readonly since: string;
}

/** ONNX's operators up to opset 28, and ONNX Runtime's own, as the documents of both list them. */
const rows: readonly Row[] = parse(
  readFileSync(new URL("../../../../../../test/fixtures/onnx/operators.csv", import.meta.url)),
  { columns: true },
);

const node = (domain: string, opType: string) =>
  create(NodeProtoSchema, { domain, opType, input: ["a", "b"], output: ["y"] });

describe("every operator", () => {
  test.each([
    ["", 213],
    ["ai.onnx.ml", 19],
    ["com.microsoft", 128],
  ])('of the domain "%s" is counted, without multiply-accumulates, or named in a note', (domain, n) => {
    const listed = rows.filter((row) => row.domain === domain);
    expect(listed).toHaveLength(n);
    const unknown = listed.filter(({ operator }) => countingOf(node(domain, operator)) === "unknown");
    expect(unknown.map(({ operator }) => operator)).toEqual([]);
  });

  test("of any listed domain is in one list, and what lists have is an operator", () => {
    const names = new Set(rows.map(({ domain, operator }) => (domain === "" ? operator : `${domain}.${operator}`)));
    const reorders = ["ReorderInput", "ReorderOutput"];
    const all = [...withBodies, ...withoutMacs, ...uncounted];
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((name) => !names.has(name) && !reorders.includes(name))).toEqual([]);
    for (const { domain, operator } of rows) expect(countingOf(node(domain, operator)), operator).not.toBe("unknown");
    for (const name of all) {
      const at = name.lastIndexOf(".");
      expect(countingOf(node(name.slice(0, Math.max(0, at)), name.slice(at + 1)))).not.toBe("counted");
    }
  });

  test.each([
    ["com.example", "Conv"],
    ["com.example", "Relu"],
    ["", "Frobnicate"],
    ["com.microsoft", "Conv"],
  ])("of another domain or name may multiply: %s %s", (domain, opType) => {
    expect(countingOf(node(domain, opType))).toBe("unknown");
    expect(macsOfNode(node(domain, opType), () => [2, 2])).toBeUndefined();
  });

  test("that is counted is not where a shape is not known", () => {
    expect(macsOfNode(node("", "MatMul"), (name) => (name === "b" ? undefined : [2, 2]))).toBeUndefined();
    expect(macsOfNode(node("", "MatMul"), () => [2, 2])).toBe(8);
    expect(macsOfNode(node("", "Relu"), () => undefined)).toBe(0);
  });
});
