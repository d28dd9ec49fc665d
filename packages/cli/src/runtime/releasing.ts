/** @file Native memory is released whatever becomes of the work that used it, and a release that fails hides no failure of the work. */

interface Releasable {
  release(): Promise<void>;
}

/**
 * Does some work, then releases all that it used, also where one of them fails to be.
 * @param used Read when the work has ended: what the work has added is among it.
 * @throws what the work has thrown; else what the first release that failed has.
 */
export async function releasing<T>(used: Iterable<Releasable>, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await releaseAll(used);
    throw error;
  }
  for (const error of await releaseAll(used)) throw error;
  return result;
}

async function releaseAll(used: Iterable<Releasable>): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const each of used) {
    try {
      await each.release();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
