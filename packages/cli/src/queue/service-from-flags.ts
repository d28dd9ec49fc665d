/** @file Who scores: worker processes of this machine, or, where a queue is given, the workers of that. */

import type { ScoringService } from "../scoring/scoring-service.js";
import { scoringBy } from "../scoring/scoring-service.js";
import { workerPool } from "../scoring/worker-pool.js";
import { addressOf, type QueueFlags } from "./address.js";

export interface OpenedService extends ScoringService {
  /** What it waits for, in words, where that is not just scores. */
  waitsFor(): string | undefined;
  /** Gives up what it was asked for: whoever waits is told. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

export interface ServiceFlags extends QueueFlags {
  readonly workers: number;
}

/**
 * The service that flags ask for.
 * @param say Told what the user should know of a queue.
 * @throws {InputError} where the queue cannot be reached or used.
 */
export async function openService(flags: ServiceFlags, say: (words: string) => void): Promise<OpenedService> {
  const queue = await openQueueService(flags, say);
  if (queue !== undefined) return queue;
  const pool = workerPool(flags.workers);
  return {
    ...scoringBy(pool),
    waitsFor: () => undefined,
    abandon: async () => pool.abandon(),
    close: () => pool.close(),
  };
}

/** The queue that flags ask for; undefined where they ask for none. */
export async function openQueueService(
  flags: QueueFlags,
  say: (words: string) => void,
): Promise<OpenedService | undefined> {
  const address = addressOf(flags);
  if (address === undefined) return undefined;
  const [{ QueueService }, { programIdentity }] = await Promise.all([
    import("./queue-service.js"),
    import("../scoring/program.js"),
  ]);
  return await QueueService.open(address, { ...programIdentity(), say });
}
