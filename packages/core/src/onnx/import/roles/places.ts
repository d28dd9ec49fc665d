/**
 * @file Names of weights by their places in a network, whatever the file calls them: random weights are drawn by these. The place of a
 * weight is what it is applied to: the weights before it on the way from the image. Nodes without weights do not count, so that a
 * network has the same weights in all forms that it can be written in, and in any order of its nodes.
 */

import { z } from "zod";
import type { Graph, Parameter } from "../../../graph/graph.js";
import { hash } from "../../../runtime/weights.js";

type Places = Pick<Graph, "input" | "nodes" | "parameters">;

/**
 * Names of the parameters that are drawn as normal numbers, by parameter.
 * @param firstFormOf - The tensor that a parameter is a further form of.
 */
export function placesOf(
  { input, nodes, parameters }: Places,
  firstFormOf: (parameter: string) => string | undefined = () => undefined,
): ReadonlyMap<string, string> {
  /** What each tensor is made of; tensors that are made of shapes alone have none. */
  const origins = new Map([[input, "image"]]);
  /** Tensors that are made of weights, without the image. */
  const still = new Set<string>();
  const places = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { inputs, outputs, operator } of nodes) {
    const isStill = operator === "OpaqueConstant";
    const drawn = inputs.filter((name) => parameters.get(name)?.initialisation.kind === "normal");
    const read = inputs.filter((name) => !isStill || still.has(name));
    const sources = [...new Set(read.flatMap((name) => origins.get(name) ?? []))].toSorted();
    if (sources.length === 0 && drawn.length === 0) continue;
    const before = sources.length === 1 ? (sources[0] ?? "") : String(hash(sources.join()));
    for (const name of drawn) {
      if (places.has(name)) continue;
      const first = places.get(firstFormOf(name) ?? "");
      places.set(name, first ?? numbered(`${before}:${lengthsOf(parameters.get(name)?.shape ?? [])}`, counts));
    }
    const weights = drawn.map((name) => places.get(name) ?? "");
    const origin = weights.length === 0 ? before : String(hash([before, ...weights].join()));
    for (const name of outputs) {
      origins.set(name, origin);
      if (isStill) still.add(name);
    }
  }
  return places;
}

/** Weights of one shape that are applied to one tensor are told apart by their order. */
function numbered(place: string, counts: Map<string, number>): string {
  const n = counts.get(place) ?? 0;
  counts.set(place, n + 1);
  return `${place}:${n}`;
}

/** The same for a linear layer that is written as one of several operators. */
function lengthsOf(shape: readonly number[]): string {
  return shape
    .filter((n) => n > 1)
    .toSorted((a, b) => a - b)
    .join("x");
}

/** Where files of ours say which names their weights were drawn by, by place: as JSON. */
export const DRAWN_BY = "weights_drawn_by";

const namesSchema = z.record(z.string(), z.string());

/** What a file of ours says of the names of its weights; it stays true when tensors are given other names. */
export function drawnByOf(graph: Graph): string {
  return JSON.stringify(Object.fromEntries([...placesOf(graph)].map(([name, place]) => [place, name])));
}

export function namesDrawnBy(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(namesSchema.parse(JSON.parse(text))));
  } catch {
    return new Map();
  }
}

/** How a file's weights lie in it. */
export interface Forms {
  firstFormOf(parameter: string): string | undefined;
  isTransposed(parameter: string): boolean;
}

/** The graph with weights that are drawn by place, or by the names that the places have in files of ours. */
export function drawnByPlace(graph: Graph, forms: Forms, names: ReadonlyMap<string, string>): Graph {
  const places = placesOf(graph, (name) => forms.firstFormOf(name));
  const parameters = [...graph.parameters].map(([name, parameter]): [string, Parameter] => {
    const place = places.get(name);
    if (place === undefined) return [name, parameter];
    const own = names.get(place);
    const isTransposed = own === undefined && forms.isTransposed(name);
    return [name, { ...parameter, drawn: { by: own ?? place, isTransposed } }];
  });
  return { ...graph, parameters: new Map(parameters) };
}
