import { describe, expect, test } from "vitest";
import { interleave } from "./interleave.js";
import { kernelsOf, timesOfBlocks, timesOfOperators } from "./kernel-times.js";

/** A trace as ONNX Runtime writes it: runs of kernels, each with its microseconds. */
function traceOf(runs: readonly (readonly [name: string, operator: string, micros: number])[][]) {
  let ts = 0;
  return runs.flatMap((kernels) => {
    const begun = ts++;
    const nodes = kernels.map(([name, op_name, dur], i) => ({
      cat: "Node",
      name: `${name}_kernel_time`,
      ts: ts++,
      dur,
      args: { op_name, node_index: String(i) },
    }));
    return [...nodes, { cat: "Session", name: "model_run", ts: begun, dur: ts - begun }];
  });
}

const names = (micros: number) =>
  [
    ["stem/norm/BatchNormalization:out_nchwc", "Conv", micros],
    ["ReorderOutput_token_20", "ReorderOutput", 10],
    ["stages.0.blocks.0/norm/LayerNormalization", "LayerNormalization", 30],
    ["Gelu", "Gelu", 5],
    ["stages.0.blocks.0/project/Conv:out_nchwc", "Conv", 40],
    ["ReorderOutput", "ReorderOutput", 2],
  ] as const;

describe("kernels of a trace", () => {
  const kernels = kernelsOf(traceOf([[...names(9000)], [...names(100)], [...names(120)], [...names(900)]]), 1);

  test("have the median of the runs that count", () => {
    expect(kernels.map(({ milliseconds }) => milliseconds)).toEqual([0.12, 0.01, 0.03, 0.005, 0.04, 0.002]);
  });

  test("belong to the block whose name they bear, or to that of the next that bears one, or to the last", () => {
    const times = timesOfBlocks(kernels, ["stem", "stages.0.blocks.0", "stages.0.blocks.1", "head"]);
    [0.12, 0.085, 0, 0.002].forEach((ms, i) => {
      expect(times[i]).toBeCloseTo(ms, 12);
    });
  });

  test("are summed up by operator, most first", () => {
    expect(timesOfOperators(kernels).map(({ operator }) => operator)).toEqual([
      "Conv",
      "LayerNormalization",
      "ReorderOutput",
      "Gelu",
    ]);
    expect(timesOfOperators(kernels)[0]?.milliseconds).toBeCloseTo(0.16, 12);
  });
});

describe("measurements in turns", () => {
  const recording = () => {
    const order: number[] = [];
    const networks = [0, 1, 2].map((network) => ({ run: async () => order.push(network) }));
    return { order, networks };
  };

  test("run every network once a round, each as often first as last", async () => {
    const { order, networks } = recording();
    const times = await interleave(networks, { rounds: 3, warmUp: 0, shouldStop: () => false });
    expect(order).toEqual([0, 1, 2, 1, 2, 0, 2, 0, 1]);
    expect(times.map((of) => of.length)).toEqual([3, 3, 3]);
  });

  test("do not count the rounds that warm up", async () => {
    const { order, networks } = recording();
    const times = await interleave(networks, { rounds: 2, warmUp: 5, shouldStop: () => false });
    expect(order).toHaveLength(21);
    expect(times.map((of) => of.length)).toEqual([2, 2, 2]);
  });

  test("give what there is where they are stopped", async () => {
    const { order, networks } = recording();
    const times = await interleave(networks, { rounds: 9, warmUp: 0, shouldStop: () => order.length === 5 });
    expect(times.map((of) => of.length)).toEqual([1, 2, 2]);
  });
});
