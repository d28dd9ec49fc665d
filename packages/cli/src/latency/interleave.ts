/**
 * @file Measurements in turns: each round runs every network once, in an order that moves on by one, so that whatever a machine
 * does meanwhile meets all of them alike.
 */

export interface Runnable<T> {
  /** Runs once; gives what the run took. */
  run(): Promise<T>;
}

export interface InterleaveOptions {
  readonly rounds: number;
  /** Rounds before those that count. */
  readonly warmUp: number;
  readonly shouldStop: () => boolean;
  /** Called before each round that counts, with how many have been made. */
  readonly onRound?: (done: number) => void;
}

/** The runs of each network that count; fewer where it was stopped. */
export async function interleave<T>(
  networks: readonly Runnable<T>[],
  { rounds, warmUp, shouldStop, onRound }: InterleaveOptions,
): Promise<T[][]> {
  const times: T[][] = networks.map(() => []);
  for (let round = -warmUp; round < rounds; round++) {
    if (round >= 0) onRound?.(round);
    for (let turn = 0; turn < networks.length; turn++) {
      if (shouldStop()) return times;
      const at = (turn + round + warmUp) % networks.length;
      const time = await networks[at]?.run();
      if (round >= 0 && time !== undefined) times[at]?.push(time);
    }
  }
  return times;
}
