/** @file PyTorch in a process of its own, tuned, which scores what it is asked for: `scripts/time-pytorch.py`. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { PYTHON } from "../pytorch/cases.js";

const SCRIPT = fileURLToPath(new URL("../../../../scripts/time-pytorch.py", import.meta.url));

/** glibc keeps what it has got, since pages of virtual machines are dear. */
const ALLOCATOR = {
  MALLOC_MMAP_MAX_: "0",
  MALLOC_TRIM_THRESHOLD_: String(2 ** 34),
  MALLOC_TOP_PAD_: String(2 ** 28),
} as const;

/** By which OpenBLAS would take another processor than this one for granted. */
const OPENBLAS = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

const greeting = z.object({ torch: z.string(), blas: z.string() });

const timing = z.object({
  /** Of all candidates, wall clock. */
  ms: z.number(),
  /** Of these, the building of modules. */
  build: z.number(),
  cpu: z.number(),
  scores: z.array(z.number()),
});

export type TorchTiming = z.output<typeof timing>;

export type TorchRequest =
  | { readonly kind: "load"; readonly files: Readonly<Record<string, string>> }
  | {
      readonly kind: "entropy";
      readonly names: readonly string[];
      readonly shape: readonly number[];
      /** Files of float32 and safetensors; random numbers where they are absent. */
      readonly images?: string;
      readonly weights?: string;
    }
  | { readonly kind: "logsynflow"; readonly names: readonly string[]; readonly shape: readonly number[] };

/** `close` it when done. Requests are answered in order. */
export class TorchProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  readonly #kill = () => this.#child.kill();

  private constructor(threads: number) {
    const environment = Object.entries(process.env).filter(([name]) => !OPENBLAS.includes(name));
    const count = String(threads);
    this.#child = spawn(PYTHON, [SCRIPT, count], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...Object.fromEntries(environment), ...ALLOCATOR, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count },
    });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    process.once("exit", this.#kill);
  }

  static async start(threads: number): Promise<{ readonly torch: TorchProcess; readonly version: string }> {
    const torch = new TorchProcess(threads);
    const { torch: number, blas } = greeting.parse(await torch.#answer());
    return { torch, version: `PyTorch ${number} with ${blas}` };
  }

  async load(files: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask({ kind: "load", files });
  }

  async score(request: Exclude<TorchRequest, { readonly kind: "load" }>): Promise<TorchTiming> {
    return timing.parse(await this.#ask(request));
  }

  async close(): Promise<void> {
    process.off("exit", this.#kill);
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await new Promise((done) => this.#child.once("close", done));
  }

  #ask(request: TorchRequest): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  async #answer(): Promise<unknown> {
    const { done, value } = await this.#answers.next();
    if (done) throw new Error("PyTorch's process has ended; what it says of it stands above");
    return JSON.parse(value);
  }
}
