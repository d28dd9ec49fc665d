/** @file What a network costs and how it scores, in tiles: the same in all views. */

import { big, milliseconds, type Score, scoreText } from "@esnas/core";
import { scoreLabel } from "../state/axes.js";
import { Tile, Tiles } from "./parts.js";

interface NetworkTilesProps {
  readonly costs: { readonly parameters: number; readonly macs: number };
  /** By metric, in their order; undefined while one is worked out. */
  readonly scores: readonly (readonly [metric: string, score: Score | undefined])[];
  /** Height and width of the images that a metric's score is of, where they are known. */
  readonly images?: Readonly<Record<string, readonly number[] | undefined>>;
  /** Milliseconds that are predicted. */
  readonly latency?: number | undefined;
}

export function NetworkTiles({ costs, scores, images = {}, latency }: NetworkTilesProps) {
  return (
    <Tiles>
      <Tile label="Parameters" value={big(costs.parameters)} />
      <Tile label="Multiply-accumulates" value={big(costs.macs)} />
      {scores.map(([metric, score]) => (
        <Tile
          key={metric}
          label={scoreLabel(metric)}
          value={typeof score === "number" ? scoreText(score) : score === undefined ? "…" : "–"}
          {...(images[metric] && { unit: `at ${images[metric].join(" × ")}` })}
        />
      ))}
      {latency !== undefined && <Tile label="Latency, predicted" value={milliseconds(latency)} unit="ms" />}
    </Tiles>
  );
}
