/** @file Arguments of the library's calls, checked where they come in: a wrong one is named, with what was given and what it takes. */

import { z } from "zod";
import { InputError } from "../base/errors.js";
import { firstIssue } from "../base/first-issue.js";
import type { Signal } from "../base/platform.js";
import type { Runtime } from "../runtime/session.js";

/** @throws {@link InputError} that begins with the name of the call. */
export function checked<T>(call: string, schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  throw new InputError(`${call}: ${firstIssue(parsed.error, given)}`);
}

function isRuntime(value: unknown): boolean {
  return typeof value === "object" && value !== null && "createSession" in value;
}

export const runtimeSchema = z.custom<Runtime>(
  isRuntime,
  "expected a runtime, as onnxRuntime(ort) makes one of onnxruntime-node or onnxruntime-web",
);

export const signalSchema = z.custom<Signal>(
  (value) => typeof value === "object" && value !== null && "aborted" in value,
  "expected an AbortSignal",
);

export const functionSchema = <F>() => z.custom<F>((value) => typeof value === "function", "expected a function");

export const seedSchema = z.number().int().nonnegative();

/** @throws {@link InputError} where there is none. */
export function runtimeFor(call: string, what: string, runtime: Runtime | undefined): Runtime {
  if (runtime !== undefined) return runtime;
  throw new InputError(
    `${call}: ${what} runs networks, and no runtime was given: pass { runtime: onnxRuntime(ort) } with ort from onnxruntime-node or onnxruntime-web`,
  );
}
