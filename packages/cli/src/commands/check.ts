/** @file `esnas check`: the conformance suites that our own metrics, spaces and blocks pass, over those of plugins. */

import { InputError, oneLine } from "@esnas/core/internal";
import { blockConformance, type Check, metricConformance, spaceConformance } from "@esnas/core/testing";
import { Command } from "commander";
import { type LoadedPlugin, loadedPlugins } from "../plugins/plugins.js";
import { print, printJson } from "../report/print.js";
import { nodeRuntime } from "../runtime/node-runtime.js";
import { EXIT } from "../version.js";

/** Random genotypes of a space that each of its checks looks at. */
const SAMPLES = 20;
/** Characters of a reason: values that differ may be long. */
const LONGEST_REASON = 400;

interface Outcome {
  readonly plugin: string;
  readonly kind: "metric" | "space" | "block";
  /** The property that is checked, as a sentence. */
  readonly name: string;
  readonly passed: boolean;
  /** Where it has not passed. */
  readonly reason?: string;
}

export function checkCommand(): Command {
  return new Command("check")
    .option("--json", "print the outcome of each check as JSON")
    .addHelpText(
      "after",
      `
One line for each property that metrics, spaces and blocks must have: pass, or
FAIL with the reason. The exit code is 2 where one fails.

Examples:
  $ esnas check --plugin ./mine.mjs
  $ esnas check --plugin ./metric.mjs --plugin ./block.mjs --json`,
    )
    .action(runCheck);
}

async function runCheck({ json = false }: { readonly json?: boolean }): Promise<void> {
  const plugins = loadedPlugins();
  if (plugins.length === 0) throw new InputError("nothing to check: give --plugin FILE");
  const outcomes: Outcome[] = [];
  for (const plugin of plugins) {
    for (const [kind, check] of await checksOf(plugin)) {
      const outcome = { plugin: plugin.file, kind, name: check.name, ...(await outcomeOf(check)) };
      outcomes.push(outcome);
      if (!json) print(lineOf(outcome));
    }
  }
  const failed = outcomes.filter(({ passed }) => !passed).length;
  const counts = { passed: outcomes.length - failed, failed };
  if (json) printJson({ ...counts, checks: outcomes });
  else print(`${counts.passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = EXIT.badInput;
}

async function checksOf({ file, definitions }: LoadedPlugin): Promise<[Outcome["kind"], Check][]> {
  const runtime = await nodeRuntime();
  const { metrics, spaces, blocks } = definitions;
  const of = (kind: Outcome["kind"], checks: readonly Check[]) =>
    checks.map((check): [Outcome["kind"], Check] => [kind, check]);
  try {
    return [
      ...blocks.flatMap((block) => of("block", blockConformance(block, block.examples, runtime))),
      ...spaces.flatMap((space) => of("space", spaceConformance(space.create({}), SAMPLES))),
      ...metrics.flatMap((metric) => of("metric", metricConformance(metric, runtime))),
    ];
  } catch (error) {
    // A space that cannot be made, or a metric that cannot be created.
    throw new InputError(`plugin "${file}": ${wordsOf(error)}`);
  }
}

async function outcomeOf(check: Check): Promise<Pick<Outcome, "passed" | "reason">> {
  try {
    await check.run();
    return { passed: true };
  } catch (error) {
    return { passed: false, reason: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error)).slice(0, LONGEST_REASON);
}

function lineOf({ name, passed, reason }: Outcome): string {
  return passed ? `pass  ${name}` : `FAIL  ${name}: ${reason}`;
}
