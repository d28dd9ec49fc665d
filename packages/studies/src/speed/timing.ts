/** @file Times actions in turns, so that a busy moment of the machine, or a slow drift of its clock, meets all of them. */

import { setImmediate } from "node:timers/promises";
import { type Measurement, measurementOf } from "./measurement.js";

export interface Timed {
  readonly name: string;
  /** @param round From 0; rounds that do not count come first. */
  run(round: number): unknown;
  /** What one call does so many times; once, where it is absent. */
  readonly times?: number;
}

export interface Rounds {
  /** Rounds before those that count: by then the engine's compiler has seen the code. */
  readonly warmUp: number;
  readonly rounds: number;
}

/** Milliseconds of each action, wall clock and CPU, one call a round. */
export async function timed(actions: readonly Timed[], { warmUp, rounds }: Rounds): Promise<Measurement[]> {
  const taken = actions.map((action) => ({ action, wall: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const { action, wall, cpu } of taken) {
      const { times = 1 } = action;
      const before = process.cpuUsage();
      const start = performance.now();
      const pending = action.run(round);
      if (pending instanceof Promise) await pending;
      const milliseconds = performance.now() - start;
      const { user, system } = process.cpuUsage(before);
      if (round < warmUp) continue;
      wall.push(milliseconds / times);
      cpu.push((user + system) / 1000 / times);
    }
    await setImmediate();
  }
  return taken.map(({ action, wall, cpu }) => measurementOf(action.name, "ms", wall, cpu));
}
