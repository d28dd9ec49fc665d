import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { onnxRuntime } from "../runtime/onnxruntime.js";
import { metricConformance } from "../testing/metric-conformance.js";
import { metricOf, metricRegistry, metricsOf } from "./registry.js";

const runtime = onnxRuntime(ort);

describe.each([...metricRegistry.values()].map((definition) => ({ name: definition.contract.name, definition })))(
  "$name",
  ({ definition }) => {
    for (const { name, run } of metricConformance(definition, runtime)) test(name, run);
  },
);

describe("names of metrics", () => {
  test("an id holds the options that differ from their defaults, and is read back as itself", () => {
    const { id } = metricOf(" entropic-score( site=post , batch=1,resolution=32 )");
    expect(id).toBe("entropic-score(site=post,resolution=32)");
    expect(metricOf(id).id).toBe(id);
  });

  test("commas within parentheses do not separate metrics", () => {
    expect(metricsOf("entropic-score(batch=2,site=post),macs").map(({ id }) => id)).toEqual([
      "entropic-score(site=post,batch=2)",
      "macs",
    ]);
  });

  test.each([
    ["entropy-score", /unknown metric "entropy-score".*Did you mean "entropic-score"/],
    ["", /unknown metric ""/],
    ["entropic-score(batch=0)", /options of metric "entropic-score\(batch=0\)"/],
    ["entropic-score(batch=many)", /batch/],
    [
      "entropic-score(size=3)",
      /size.*Known: site, of, over, aggregation, normalized, noise, statistics, batch, resolution, repeats/,
    ],
    ["entropic-score(site)", /name\(option=value,\.\.\.\)/],
    ["macs(batch=2)", /macs takes none/],
    ["entropic-score(batch=2", /unknown metric/],
  ])("%s is refused with a clear word", (text, message) => {
    expect(() => metricOf(text)).toThrow(message);
  });

  test("a metric that is named twice is refused", () => {
    expect(() => metricsOf("macs,macs")).toThrow(/"macs" is named twice/);
  });
});
