/** @file What was asked of a queue, network by network, and how often it has been tried. */

import { type Genotype, InputError } from "@esnas/core/internal";
import type { NetworkScores } from "../scoring/scoring-service.js";
import type { ScoringTask } from "../scoring/scoring-task.js";
import { MOST_FAILURES } from "./protocol.js";

/** A network whose scores are waited for. */
export interface PendingNetwork {
  readonly genotype: Genotype;
  /** What it is a genotype of; `genotypes` are those of a task that it came with. */
  readonly task: ScoringTask;
  readonly kind: string;
  /** Processes that have died of it. */
  readonly deaths: number;
  /** Jobs with it that gave neither scores nor deaths. */
  readonly failures: number;
  resolve(scores: NetworkScores): void;
  reject(reason: Error): void;
}

/** What goes together, as one job. */
export interface Batch {
  readonly task: ScoringTask;
  readonly networks: readonly PendingNetwork[];
  /** When it was sent, by `performance.now()`. */
  readonly sent: number;
  /** Looks in a row at which Redis did not have it, or had it as failed. */
  missed: number;
}

/** A job gave neither scores nor deaths, again and again: the search ends, and can be resumed. */
export class GivenUpError extends InputError {
  constructor(reason: string) {
    super(
      `the queue gave no scores of a network in ${MOST_FAILURES} tries (${reason}); what is scored is kept: when that is mended, go on with --resume`,
    );
  }
}

export function batchOf(networks: readonly PendingNetwork[]): Batch {
  const [first] = networks;
  if (first === undefined) throw new Error("a batch has at least one network");
  const task = { ...first.task, genotypes: networks.map(({ genotype }) => genotype) };
  return { task, networks, sent: performance.now(), missed: 0 };
}
