/** @file What blocks the candidates are made of, stage by stage, as the search goes on. */

import { chartVersion, type Study } from "../state/study.js";

/** Paint and letter of each value: kinds by their colours, kernels by shades; letters tell them apart without colour. */
const marks: Readonly<Record<string, { readonly name: string; readonly paint: string; readonly letter: string }>> = {
  ibn: { name: "IBN", paint: "share-ibn", letter: "I" },
  convnext: { name: "ConvNeXt", paint: "share-convnext", letter: "C" },
  transformer: { name: "Transformer", paint: "share-transformer", letter: "T" },
  "3": { name: "3 × 3", paint: "share-1", letter: "3" },
  "5": { name: "5 × 5", paint: "share-2", letter: "5" },
  "7": { name: "7 × 7", paint: "share-3", letter: "7" },
  "9": { name: "9 × 9", paint: "share-4", letter: "9" },
};

const [WIDTH, HEIGHT] = [240, 80];

interface Band {
  readonly value: string;
  readonly path: string;
  /** Share in the last slice, and where its middle is. */
  readonly last: number;
  readonly middle: number;
}

function bandsOf(counts: ReadonlyMap<string, Float64Array>, filled: number, slices: number): Band[] {
  const values = [...counts.entries()];
  const totals = Array.from({ length: filled }, (_, i) =>
    values.reduce((sum, [, column]) => sum + (column[i] ?? 0), 0),
  );
  const below = new Float64Array(filled);
  return values.map(([value, column]) => {
    const lower = below.slice();
    for (let i = 0; i < filled; i++) below[i] = (below[i] ?? 0) + (column[i] ?? 0) / Math.max(1, totals[i] ?? 1);
    const x = (i: number) => ((WIDTH * i) / slices).toFixed(1);
    const y = (share: number | undefined) => (HEIGHT * (1 - (share ?? 0))).toFixed(1);
    const up = Array.from({ length: filled }, (_, i) => `${x(i)},${y(below[i])} ${x(i + 1)},${y(below[i])}`);
    const down = Array.from({ length: filled }, (_, j) => {
      const i = filled - 1 - j;
      return `${x(i + 1)},${y(lower[i])} ${x(i)},${y(lower[i])}`;
    });
    const [from, to] = [lower[filled - 1] ?? 0, below[filled - 1] ?? 0];
    return {
      value,
      path: `M${up.join(" L")} L${down.join(" L")} Z`,
      last: to - from,
      middle: HEIGHT * (1 - (from + to) / 2),
    };
  });
}

function Shares({
  label,
  counts,
  filled,
  slices,
}: {
  label: string;
  counts: ReadonlyMap<string, Float64Array>;
  filled: number;
  slices: number;
}) {
  const bands = bandsOf(counts, filled, slices);
  const shown = bands.filter(({ last }) => last > 0.005);
  const words = shown.map(({ value, last }) => `${marks[value]?.name ?? value} ${Math.round(100 * last)} %`).join(", ");
  return (
    <div class="share">
      <svg viewBox={`0 0 ${WIDTH + 24} ${HEIGHT}`} role="img" aria-label={`${label}, at last: ${words}`}>
        <rect class="share-ground" width={WIDTH} height={HEIGHT} />
        {bands.map(({ value, path }) => (
          <path key={value} class={marks[value]?.paint ?? "share-1"} d={path} />
        ))}
        {bands
          .filter(({ last }) => last > 0.12)
          .map(({ value, middle }) => (
            <text key={value} x={WIDTH + 6} y={middle + 4}>
              {marks[value]?.letter ?? value}
            </text>
          ))}
      </svg>
      <p class="hint">{words}</p>
    </div>
  );
}

export function ShareHistory({ study }: { study: Study }) {
  const { shares } = study;
  const version = chartVersion.value;
  if (version < 0 || shares.stages.length === 0) return null;
  const { filled, slices } = shares;
  return (
    <section class="panel" aria-labelledby="shares-title">
      <h2 id="shares-title">What the candidates are made of</h2>
      <ul class="legend">
        {Object.entries(marks).map(([value, { name, paint, letter }]) => (
          <li key={value}>
            <span class={`swatch ${paint}`}>{letter}</span> {name}
          </li>
        ))}
      </ul>
      <div class="shares">
        {shares.stages.map(({ stage, kinds, kernels }, i) => (
          <div key={stage} class="stack">
            <h3>Stage {i + 1}</h3>
            <Shares label={`Kinds of blocks in stage ${i + 1}`} counts={kinds} filled={filled} slices={slices} />
            <Shares label={`Kernels in stage ${i + 1}`} counts={kernels} filled={filled} slices={slices} />
          </div>
        ))}
      </div>
    </section>
  );
}
