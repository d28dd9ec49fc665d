/** @file This machine in the words of a latency profile. */

import { arch, cpus, platform, release } from "node:os";
import type { MachineDescription } from "@esnas/core/internal";

function processor(): string {
  return cpus()[0]?.model.replaceAll(/\s+/g, " ").trim() || "unknown processor";
}

export async function describeMachine(): Promise<MachineDescription> {
  const { env } = await import("onnxruntime-node");
  return {
    cpu: processor(),
    cores: Math.max(1, cpus().length),
    system: `${platform()} ${release()} ${arch()}`,
    runtime: `onnxruntime-node ${env.versions.node ?? env.versions.common}`,
  };
}

/** Processor and threads as a file's name: `amd-epyc-1-thread`. */
export function nameOfMachine(threads: number): string {
  const words = processor()
    .toLowerCase()
    .replaceAll(/\((r|tm)\)/g, "");
  const slug = words.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  return `${slug}-${threads}-thread${threads === 1 ? "" : "s"}`;
}
