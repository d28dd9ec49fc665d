/** @file The machine's peak: a large product of matrices in the runtime that networks are run in. */

import { encode, GraphBuilder, parameterValues } from "@esnas/core/internal";
import { runtime } from "../common/node-scorer.js";
import { type Measurement, measurementOf } from "./measurement.js";
import { timed } from "./timing.js";

/** Rows and columns of the matrices. */
const SIZE = 1024;
const FLOPS = 2 * SIZE ** 3;

/** Floating-point operations a second, by the number of threads. */
export async function peaks(threads: readonly number[]): Promise<Measurement[]> {
  const b = new GraphBuilder("product");
  const factor = b.parameter("factor", [SIZE, SIZE], { kind: "normal", std: 1 });
  const graph = b.build([b.node("MatMul", "product", [b.input("input", [SIZE, SIZE]), factor])]);
  const model = encode(graph, { opset: 20, values: (parameter) => parameterValues(0, parameter) });
  const input = { shape: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE).fill(0.5) };
  const sessions = await Promise.all(threads.map((count) => runtime.createSession(model, { threads: count })));
  const products = sessions.map((session, i) => ({
    name: nameOfPeak(threads[i] ?? 1),
    run: () => session.run({ input }),
  }));
  const times = await timed(products, { warmUp: 5, rounds: 20 });
  await Promise.all(sessions.map((session) => session.release()));
  return times.map(({ name, min, median, max, repeats }) => {
    const speed = (ms: number) => FLOPS / ms / 1e6;
    return { ...measurementOf(name, "GFLOP/s", [speed(median)]), min: speed(max), max: speed(min), repeats };
  });
}

export function nameOfPeak(threads: number): string {
  return `peak: product of matrices, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
