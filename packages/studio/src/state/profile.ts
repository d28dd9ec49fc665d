/** @file The latency profile that this page predicts by: of a file, or measured here, and kept in the browser. */

import { type LatencyProfile, readLatencyProfile } from "@esnas/core/internal";
import { signal } from "@preact/signals";

/** Of the browser's storage. */
const KEY = "esnas-studio latency profile";

function stored(): LatencyProfile | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? undefined : readLatencyProfile(JSON.parse(text));
  } catch {
    // Storage is off, or another version has written it.
    return undefined;
  }
}

const kept = signal<LatencyProfile | undefined>(undefined);
let isLooked = false;

/** Undefined where there is none. */
export function profile(): LatencyProfile | undefined {
  if (!isLooked) kept.value = stored();
  isLooked = true;
  return kept.value;
}

export function keepProfile(fresh: LatencyProfile): void {
  isLooked = true;
  kept.value = fresh;
  try {
    localStorage.setItem(KEY, JSON.stringify(fresh));
  } catch {
    // It holds for this visit.
  }
}
