/** @file One tab at a time works on a search: who does holds its lock. A page without a certificate has no locks, and goes without. */

import { InputError } from "@esnas/core/internal";

/** What is said where another tab has taken it first. */
export const HELD = "This search runs in another tab: look for it there.";

function nameOf(id: string): string {
  return `search ${id}`;
}

/** Undefined in a page without a certificate, whatever its type says. */
function locks(): LockManager | undefined {
  return navigator.locks;
}

/** @throws {InputError} where another tab works on it. */
export async function withLock<T>(id: string, action: () => Promise<T>): Promise<T> {
  const manager = locks();
  if (manager === undefined) return action();
  return manager.request(nameOf(id), { ifAvailable: true }, (lock) => {
    if (lock === null) throw new InputError(HELD);
    return action();
  });
}

export async function isHeldElsewhere(id: string): Promise<boolean> {
  const { held = [] } = (await locks()?.query()) ?? {};
  return held.some(({ name }) => name === nameOf(id));
}
