/** @file What a network costs and how it scores, in tiles: the same in all views. */

import {
  type BoundsByCost,
  big,
  boundText,
  type Costs,
  costText,
  milliseconds,
  type Score,
  scoreText,
  usageOf,
} from "@esnas/core/internal";
import { scoreLabel } from "../state/axes.js";
import { Tile, Tiles } from "./parts.js";

interface NetworkTilesProps {
  readonly costs: Costs;
  /** The bounds that it was searched within, each shown beside what is used of it. */
  readonly bounds?: BoundsByCost;
  /** By metric, in their order; undefined while one is worked out. */
  readonly scores: readonly (readonly [metric: string, score: Score | undefined])[];
  /** Height and width of the images that a metric's score is of, where they are known. */
  readonly images?: Readonly<Record<string, readonly number[] | undefined>>;
  /** Milliseconds that are predicted. */
  readonly latency?: number | undefined;
}

/** Costs that have a tile where they are bounded. */
const OTHERS = {
  activations: "Activations",
  activationLayers: "Nonlinearities",
  peakMemory: "Memory of activations, float32",
} as const;

export function NetworkTiles({ costs, bounds = {}, scores, images = {}, latency }: NetworkTilesProps) {
  const usages = usageOf({ ...costs, ...(latency !== undefined && { latency }) }, bounds);
  const boundOf = (cost: string) => {
    const usage = usages.find((each) => each.cost === cost);
    return usage === undefined ? undefined : boundText(usage);
  };
  const withBound = (cost: string) => {
    const unit = boundOf(cost);
    return unit === undefined ? {} : { unit };
  };
  return (
    <Tiles>
      <Tile label="Parameters" value={big(costs.parameters)} {...withBound("parameters")} />
      <Tile label="Multiply-accumulates" value={big(costs.macs)} {...withBound("macs")} />
      {usages
        .filter(({ cost }) => cost in OTHERS)
        .map(({ cost, used }) => (
          <Tile
            key={cost}
            label={OTHERS[cost as keyof typeof OTHERS]}
            value={costText(cost, used)}
            {...withBound(cost)}
          />
        ))}
      {scores.map(([metric, score]) => (
        <Tile
          key={metric}
          label={scoreLabel(metric)}
          value={typeof score === "number" ? scoreText(score) : score === undefined ? "…" : "–"}
          {...(images[metric] && { unit: `at ${images[metric].join(" × ")}` })}
        />
      ))}
      {latency !== undefined && (
        <Tile
          label="Latency, predicted"
          value={milliseconds(latency)}
          unit={["ms", boundOf("latency") ?? ""].join(" ").trim()}
        />
      )}
    </Tiles>
  );
}
