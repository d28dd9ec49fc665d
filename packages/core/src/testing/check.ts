/**
 * @file Conformance suites are lists of named checks, which any test runner can run:
 * `for (const { name, run } of metricConformance(...)) test(name, run)`.
 */

/** One property, which a test runner can run. */
export interface Check {
  /** A sentence. */
  readonly name: string;
  /** Throws where the check fails. */
  run(): void | Promise<void>;
}

export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** The error that `action` throws, which has to be of a kind. */
export async function assertThrows(
  kind: new (...args: never[]) => Error,
  action: () => unknown,
  message: string,
): Promise<Error> {
  try {
    await action();
  } catch (error) {
    assert(error instanceof kind, `${message}: threw ${error} instead of a ${kind.name}`);
    return error;
  }
  throw new Error(`${message}: threw nothing`);
}
