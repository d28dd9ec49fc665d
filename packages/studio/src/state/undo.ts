/** @file Undo and redo: a line of states, and the place on it. */

export interface Timeline<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
}

/** States that are kept. */
const MOST = 200;

export function beginning<T>(present: T): Timeline<T> {
  return { past: [], present, future: [] };
}

/** What was undone before cannot be redone after a change. */
export function changed<T>({ past, present }: Timeline<T>, next: T): Timeline<T> {
  return { past: [...past, present].slice(-MOST), present: next, future: [] };
}

/** The same timeline where there is nothing to undo. */
export function undone<T>(timeline: Timeline<T>): Timeline<T> {
  const { past, present, future } = timeline;
  const [last] = past.slice(-1);
  return last === undefined ? timeline : { past: past.slice(0, -1), present: last, future: [present, ...future] };
}

export function redone<T>(timeline: Timeline<T>): Timeline<T> {
  const { past, present, future } = timeline;
  const [next, ...rest] = future;
  return next === undefined ? timeline : { past: [...past, present], present: next, future: rest };
}
