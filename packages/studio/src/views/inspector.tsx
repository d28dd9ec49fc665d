/** @file One network: its drawing, its tables, what each block costs, and what made its scores. */

import { big, scoreText } from "@esnas/core/internal";
import type { Design } from "../state/genotypes.js";
import { lab } from "../state/lab.js";
import { profile } from "../state/profile.js";
import { jsonOf } from "../state/study.js";
import type { BlockParts, EntropyParts } from "../workers/lab.worker.js";
import { Figure } from "./figure.js";
import { NetworkTiles } from "./network-tiles.js";
import { BarCell, DataTable, Notice } from "./parts.js";
import { TakeAwayBar } from "./take-away-bar.js";
import { TimeInBrowser } from "./time-in-browser.js";
import { useEntropy, useInspection } from "./use-inspection.js";

/** Blocks with bars for what each costs, and adds to LogSynflow. */
export function PartsTable({ parts }: { parts: readonly BlockParts[] }) {
  const most = (of: (part: BlockParts) => number) => parts.reduce((largest, part) => Math.max(largest, of(part)), 0);
  const [parameters, macs, flow] = [most((p) => p.parameters), most((p) => p.macs), most((p) => p.logSynflow)];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scrolls" aria-label="Costs and LogSynflow by block" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">block</th>
            <th scope="col">kind</th>
            <th scope="col">parameters</th>
            <th scope="col">MACs</th>
            <th scope="col">LogSynflow</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.name}>
              <th scope="row">{part.name}</th>
              <td>{part.title}</td>
              <BarCell value={part.parameters} most={parameters} text={big(part.parameters)} />
              <BarCell value={part.macs} most={macs} text={big(part.macs)} />
              <BarCell value={part.logSynflow} most={flow} text={big(part.logSynflow)} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** As papers call them. */
const operatorNames: Readonly<Record<string, string>> = { Clip: "ReLU6", Relu: "ReLU", Gelu: "GELU", Swish: "SiLU" };

/** Nonlinearities with the entropy of what enters each; their mean is the Entropic Score. */
export function EntropyTable({ entropy }: { entropy: EntropyParts }) {
  const most = entropy.layers.reduce((largest, layer) => Math.max(largest, layer.entropy), 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="scrolls" aria-label="Entropy by layer" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">nonlinearity of</th>
            <th scope="col">operator</th>
            <th scope="col">elements</th>
            <th scope="col">entropy, nats</th>
            <th scope="col">of at most</th>
          </tr>
        </thead>
        <tbody>
          {entropy.layers.map(({ block, operator, size, entropy: nats }, i) => (
            <tr key={i}>
              <th scope="row">{block}</th>
              <td>{operatorNames[operator] ?? operator}</td>
              <td>{big(size)}</td>
              <BarCell value={nats} most={most} text={scoreText(nats)} />
              <td>{scoreText(Math.log(size))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What a design takes in this browser. */
export function DesignTime({ design }: { design: Design }) {
  const json = jsonOf(design);
  const options = { seed: 0, title: "", subtitle: "", provenance: [] };
  const model = async () => {
    const bytes = await lab().file("onnx", json, options);
    return { bytes: new Uint8Array(bytes as Uint8Array), input: design.space.build(design.genotype).input };
  };
  return <TimeInBrowser id={JSON.stringify(json)} model={model} />;
}

interface InspectorProps {
  readonly design: Design;
  readonly title: string;
  readonly seed: number;
  readonly provenance: readonly string[];
}

export function Inspector({ design, title, seed, provenance }: InspectorProps) {
  const { answer, error } = useInspection(design, { title }, profile());
  const { answer: entropy, error: entropyError } = useEntropy(design, seed);
  if (error !== undefined) return <Notice kind="error">{error}</Notice>;
  if (answer === undefined) return <p class="hint">Drawing…</p>;
  const { costs, logSynflow, latency } = answer;
  return (
    <div class="stack">
      <NetworkTiles
        costs={costs}
        scores={[
          ["entropic-score", entropy?.score],
          ["logsynflow", logSynflow],
        ]}
        images={{ "entropic-score": entropy?.images }}
        latency={latency}
      />
      <Figure svg={answer.svg} label={`Drawing of ${title}`} />
      <TakeAwayBar
        design={design}
        title={title}
        subtitle={`found by esnas without training, seed ${seed}`}
        seed={seed}
        provenance={provenance}
      />
      <div class="tables">
        <section class="stack" aria-labelledby="costs-title">
          <h3 id="costs-title">What each block costs, and adds to LogSynflow</h3>
          <PartsTable parts={answer.parts} />
        </section>
        <section class="stack" aria-labelledby="entropy-title">
          <h3 id="entropy-title">What the Entropic Score is the mean of</h3>
          {entropyError !== undefined && <Notice kind="error">{entropyError}</Notice>}
          {entropy === undefined ? <p class="hint">Running the network…</p> : <EntropyTable entropy={entropy} />}
        </section>
      </div>
      <section class="stack" aria-labelledby="browser-time-title">
        <h3 id="browser-time-title">Time in this browser</h3>
        <DesignTime design={design} />
      </section>
      <details>
        <summary>Block by block</summary>
        <DataTable table={answer.blocks} caption="Blocks of the network" />
      </details>
    </div>
  );
}
