/** @file What has become of jobs that were sent, as far as Redis has them. Those that are done are removed from it at once. */

import type { Redis } from "ioredis";
import { KEPT } from "./protocol.js";

/** `gone`: done, or lost. */
export type JobState = "there" | "gone" | { readonly failed: string };

/**
 * Keeps jobs from expiring, and looks what they are.
 * @param keys Of their hashes.
 */
export async function renewJobs(redis: Redis, keys: readonly string[]): Promise<JobState[]> {
  if (keys.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.expire(key, KEPT).hmget(key, "finishedOn", "failedReason");
  const answers = ((await pipeline.exec()) ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
  return keys.map((_, i) => stateOf(answers[2 * i], answers[2 * i + 1]));
}

function stateOf(isThere: unknown, fields: unknown): JobState {
  if (isThere !== 1) return "gone";
  const [finished, reason]: unknown[] = Array.isArray(fields) ? fields : [];
  return typeof finished === "string" ? { failed: String(reason ?? "no reason") } : "there";
}
