import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  architectureCosts,
  InputError,
  isValue,
  metricOf,
  natsSizeSpace,
  natsTopologySpace,
  type Space,
  type StaticMetric,
  scoreStatic,
} from "@esnas/core/internal";
import { parse } from "csv-parse/sync";
import { mean, sampleRankCorrelation, standardDeviation } from "simple-statistics";
import { describe, expect, test } from "vitest";

function tablePath(name: string): string {
  return fileURLToPath(new URL(`../../shared/data/${name}.csv.gz`, import.meta.url));
}

function rowsOf(name: string): Record<string, string>[] {
  return parse(gunzipSync(readFileSync(tablePath(name))), { columns: true });
}

const present = existsSync(tablePath("tss_nats201")) && existsSync(tablePath("sss_space"));
const suffix = present ? "" : " (skipped: the tables are not there)";
const readArchitecture = (space: Space, text = "") => space.notation?.read(text) ?? [];
const logsynflow = metricOf("logsynflow(log=g+1e-6)") as StaticMetric;
const synflow = metricOf("synflow") as StaticMetric;
const classes = { c10: 10, c100: 100, in16: 120 } as const;

describe("NATS-Bench", () => {
  test.skipIf(!present)(`has the parameters and FLOPs of all 15,625 cells of the topology space${suffix}`, () => {
    const rows = rowsOf("tss_nats201");
    expect(rows).toHaveLength(15_625);
    const [c10, in16] = [natsTopologySpace(), natsTopologySpace({ dataset: "in16" })];
    for (const { arch = "", params_c10, flops_c10, flops_in16 } of rows) {
      const genotype = readArchitecture(c10, arch);
      const costs = architectureCosts(c10.build(genotype));
      // The benchmark's FLOPs are multiply-accumulates, and one addition for each bias of the classifier.
      expect([arch, costs.parameters, costs.macs + classes.c10]).toEqual([arch, Number(params_c10), Number(flops_c10)]);
      expect(architectureCosts(in16.build(genotype)).macs + classes.in16).toBe(Number(flops_in16));
    }
  });

  test.skipIf(!present)(`has the parameters and FLOPs of all 32,768 networks of the size space${suffix}`, () => {
    const rows = rowsOf("sss_space");
    expect(rows).toHaveLength(32_768);
    for (const dataset of ["c10", "c100", "in16"] as const) {
      const space = natsSizeSpace({ dataset });
      for (const row of rows) {
        const costs = architectureCosts(space.build(readArchitecture(space, row.channels)));
        if (
          costs.parameters !== Number(row[`params_${dataset}`]) ||
          costs.macs + classes[dataset] !== Number(row[`flops_${dataset}`])
        ) {
          expect.fail(`${row.channels} on ${dataset}: ${JSON.stringify(costs)} is not ${JSON.stringify(row)}`);
        }
      }
    }
  });

  test.skipIf(!present)(
    `has FreeREA's LogSynflow and Synflow on a sample of 300 cells, in their convention${suffix}`,
    () => {
      const published = new Map(rowsOf("tss_proxies_freerea").map((row) => [row.index, row]));
      const rows = rowsOf("tss_nats201").filter((_, i) => i % 52 === 7);
      const space = natsTopologySpace();
      const ratios = rows.map(({ arch = "", index }) => {
        const score = scoreStatic(space.build(readArchitecture(space, arch)), logsynflow);
        return Number(score) / Number(published.get(index)?.logsynflow_c10);
      });
      // Theirs is a mean over three draws of the weights, ours the expectation: their noise is about 2 %.
      expect(mean(ratios)).toBeGreaterThan(0.99);
      expect(mean(ratios)).toBeLessThan(1.02);
      expect(standardDeviation(ratios)).toBeLessThan(0.05);

      const synflows = rows.flatMap(({ arch = "", index }) => {
        const score = scoreStatic(space.build(readArchitecture(space, arch)), synflow);
        const theirs = Number(published.get(index)?.synflow_c10);
        return isValue(score) && theirs > 0 ? [{ ours: score, theirs: Math.log(theirs) }] : [];
      });
      const ours = synflows.map((pair) => pair.ours);
      expect(
        sampleRankCorrelation(
          ours,
          synflows.map((pair) => pair.theirs),
        ),
      ).toBeGreaterThan(0.999);
    },
  );

  test("reads and writes the benchmark's names of cells", () => {
    const name = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|";
    const { notation } = natsTopologySpace();
    expect(notation?.write(notation.read(name))).toBe(name);
    for (const wrong of ["", name.slice(1), name.replace("none", "zero"), name.replace("~1", "~0")]) {
      expect(() => notation?.read(wrong)).toThrow(InputError);
    }
  });
});
