/**
 * @file How far V8's heap may grow before it is collected. By itself V8 lets the heap of a long search grow to four times of what is alive,
 * in each of its processes.
 */

import { setFlagsFromString } from "node:v8";

/** Per cent of what was alive after the last collection. */
const GROWING = "--heap-growing-percent=40";

/** For workers: what they make of a candidate is small, or is memory of typed arrays, which V8 keeps elsewhere. In MiB. */
const YOUNG = "--max-semi-space-size=2";

/** From now on, in this process. */
export function keepHeapSmall(): void {
  setFlagsFromString(GROWING);
}

/** The same for a process that is started, as options of Node. */
export const smallHeap: readonly string[] = [GROWING, YOUNG];
