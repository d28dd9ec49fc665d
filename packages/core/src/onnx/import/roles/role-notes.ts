/** @file What a reader of counts and scores should know where a file does not tell weights from constants. */

import type { Graph } from "../../../graph/graph.js";
import type { WeightSource } from "../closed/translate.js";
import type { Role } from "./roles.js";

/** Names that a note has, at most. */
const MOST_NAMES = 4;

export function notesOfRoles(
  { parameters }: Graph,
  roles: ReadonlyMap<string, Role>,
  weights: WeightSource,
): readonly string[] {
  const named = (doubt: Role["doubt"]) => {
    const names = [...roles].flatMap(([name, role]) => (role.doubt === doubt && parameters.has(name) ? [name] : []));
    return names.length === 0 ? undefined : listed(names);
  };
  const notes: (string | undefined)[] = [
    prefixed("counted as parameters, though they may be constants: ", named("parameter")),
    prefixed("not counted as parameters, though they may be: ", named("buffer")),
    weights === "random" ? prefixed("kept as the file has them, for want of a rule: ", named("kept")) : undefined,
  ];
  return notes.flatMap((note) => note ?? []);
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${prefix}${text}`;
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const others = names.length - first.length;
  return others === 0 ? first.join(", ") : `${first.join(", ")} and ${others} more`;
}
