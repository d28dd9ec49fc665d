/** @file What each nonlinearity of a network adds to its Entropic Score. */

import { type Architecture, blockGraph } from "../architecture/architecture.js";
import type { Node } from "../graph/graph.js";
import { entropicScore, meanEntropy } from "../metrics/entropic-score.js";
import { isForward } from "../metrics/metric.js";
import { placesOf } from "../metrics/nonlinearities.js";
import type { Scorer } from "./scorer.js";

/** What one nonlinearity adds to the Entropic Score of a network. */
export interface LayerEntropy {
  /** Name of the block that it is in. */
  readonly block: string;
  /** Operator of its node. */
  readonly operator: Node["operator"];
  /** Elements of what enters it, at the resolution of the metric; its entropy is at most their logarithm. */
  readonly size: number;
  /** In nats. */
  readonly entropy: number;
}

/**
 * The entropies whose mean is the Entropic Score with default options, in the order of the network.
 * @throws {@link UnscorableError} where the metric's contract excludes the architecture.
 */
export async function entropyByLayer(scorer: Scorer, architecture: Architecture): Promise<LayerEntropy[]> {
  const { contract, options: schema, create } = entropicScore;
  const scoring = create(schema.parse({}));
  if (!isForward(scoring)) throw new Error(`${contract.name} runs networks`);
  const layers: { size: number; entropy: number }[] = [];
  await scorer.score(architecture, {
    ...scoring,
    contract,
    id: contract.name,
    reduce(observed, perturbed) {
      for (const layer of observed) layers.push({ size: layer.size, entropy: meanEntropy(layer) });
      return scoring.reduce(observed, perturbed);
    },
  });
  const places = architecture.blocks.flatMap((block) =>
    placesOf(blockGraph(block), "pre").map(({ operator }) => ({ block: block.name, operator })),
  );
  return places.flatMap((place, i) => {
    const layer = layers[i];
    return layer === undefined ? [] : [{ ...place, ...layer }];
  });
}
