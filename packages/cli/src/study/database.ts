/** @file Errors of SQLite as the user's. */

import { InputError } from "@esnas/core";
import { z } from "zod";

/** Does something with a database, which may be no database and may lie on a full disk. */
export function fromDatabase<T>(verb: "read" | "write", path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof z.ZodError)
      throw new InputError(`"${path}" holds what is not of the form that this program writes`);
    throw new InputError(`cannot ${verb} "${path}" as an SQLite database: ${(error as Error).message}`);
  }
}
