/**
 * @file Does a metric see more on real images than on noise? The same networks, weights and seeds, on noise and on images: cells of
 * NATS-Bench on crops of photographs, hybrids trained on Fashion-MNIST on images of Fashion-MNIST.
 */

import { readFileSync } from "node:fs";
import {
  decodeSafetensors,
  InputError,
  isValue,
  meanStatistics,
  metricsOf,
  rankingOf,
  type Scores,
  sampleOf,
  statisticsOf,
  type TensorData,
} from "@esnas/core/internal";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";
import { convertedTable } from "./tables/read.js";

const forms = [
  "entropic-score",
  "entropic-score(aggregation=sum)",
  "entropic-score(batch=16)",
  "entropic-score(aggregation=sum,batch=16)",
  "entropic-score(of=l2,aggregation=progressivity)",
  "expressivity-growth",
  "naswot",
];

const nats = { file: "nats-topology", space: "nats-topology", images: "photographs", seeds: [0] } as const;
const hybrid = { space: "hybrid", dataset: "fashion", images: "fashion", networks: 60, seeds: [0, 1, 2] } as const;

/** Of a table as many networks as it has, or a seeded sample: runs of 16 images take a quarter of a second. */
const tables = [
  { ...nats, dataset: "c10", networks: 300 },
  { ...nats, dataset: "in16", networks: 100 },
  { ...hybrid, file: "hybrid-fashion" },
  { ...hybrid, file: "hybrid-sizes-fashion" },
] as const;

export async function realImages({ images: path }: { readonly images: string }): Promise<void> {
  const { tensors } = decodeSafetensors(readFileSync(path));
  const metrics = metricsOf(forms.join());
  const rows: Row[] = [];
  for (const { file, space: name, dataset, images, networks, seeds } of tables) {
    const stored = tensors.get(images);
    if (stored === undefined)
      throw new InputError(`"${path}" has no tensor "${images}"; scripts/images.py says how to make it`);
    const table = convertedTable(file, name, dataset);
    const some = sampleOf(table.rows, networks, 0);
    const accuracies = some.map(({ accuracy }) => accuracy);
    for (const [input, given] of [
      ["noise", undefined],
      [images, (shape: readonly number[]) => imagesOf(stored, shape)],
    ] as const) {
      const bySeed: Scores[][] = [];
      for (const seed of seeds) {
        const scorer = nodeScorer({ seed, ...(given && { images: given }) });
        const scores: Scores[] = [];
        for (const { genotype } of some) scores.push(await scorer.scores(table.space.build(genotype), metrics));
        await scorer.release();
        bySeed.push(scores);
      }
      for (const { id } of metrics) {
        const scoreOf = (scores: Scores) => {
          const score = scores[id];
          return score !== undefined && isValue(score) ? score : undefined;
        };
        const statistics = bySeed.map((scores) => statisticsOf(rankingOf(scores.map(scoreOf), accuracies)));
        const { spearman = "", kendallTauB = "", spearmanOfBestTenth = "" } = meanStatistics(statistics);
        rows.push({
          table: file,
          dataset,
          networks: some.length,
          seeds: seeds.length,
          metric: id,
          input,
          spearman,
          kendallTauB,
          spearmanOfBestTenth,
        });
      }
      process.stderr.write(`${file}, ${dataset}: ${input}\n`);
    }
    // After each table: it takes minutes, and what is stopped has what it has come to.
    writeResults("real-images", rows);
  }
  printTable(rows);
}

/** The first images, each pixel the mean of those that it covers where fewer are asked for. */
function imagesOf({ shape: [most = 0, , ...size], data }: TensorData, shape: readonly number[]): TensorData {
  const [count = 1, channels = 1, height = 1, width = 1] = shape;
  const [rows = 1, columns = 1] = size;
  if (count > most || rows % height > 0 || columns % width > 0) {
    throw new InputError(
      `there are ${most} images of ${rows}x${columns}; ${count} of ${height}x${width} cannot be made of them`,
    );
  }
  const [down, across] = [rows / height, columns / width];
  const pixels = new Float32Array(count * channels * height * width);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y, map] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    let sum = 0;
    for (let dy = 0; dy < down; dy++) {
      for (let dx = 0; dx < across; dx++) sum += data[(map * rows + y * down + dy) * columns + x * across + dx] ?? 0;
    }
    pixels[i] = sum / (down * across);
  }
  return { shape, data: pixels };
}
