/** @file An ONNX file of anyone's: described, scored and measured in the page, in a worker that can be ended. */

import { big, esformerGenotype, metricOf, type Score, scoreText, type WeightSource } from "@esnas/core/internal";
import { useEffect, useRef, useState } from "preact/hooks";
import { guestLab, lab } from "../state/lab.js";
import { jsonOf } from "../state/study.js";
import type { ImportedSummary } from "../workers/lab.worker.js";
import { DataTable, Notice, Tile, Tiles } from "./parts.js";
import { TimeInBrowser } from "./time-in-browser.js";
import { useGuest } from "./use-guest.js";
import { useWork } from "./use-work.js";

/** Bytes that the page takes. */
const LARGEST_FILE = 200 * 2 ** 20;

/** Those that say something of any network. */
const metrics = ["entropic-score", "logsynflow", "naswot", "synflow", "activation-layers"] as const;

/** Genotypes and files of the same network differ by these. */
function otherSizes(): string {
  const sizes = metrics.flatMap((id) => {
    const metric = metricOf(id);
    return "input" in metric ? [`${id} at ${metric.input.resolution} × ${metric.input.resolution}`] : [];
  });
  return `A search scores its candidates by ${sizes.join(", by ")}: the same network has another score there.`;
}

function shownScore(score: Score | undefined): string {
  return score === undefined ? "…" : scoreText(score);
}

function Summary({ of }: { of: ImportedSummary }) {
  return (
    <section class="panel" aria-labelledby="file-title">
      <h2 id="file-title">{of.name}</h2>
      <Tiles>
        <Tile label="Parameters" value={big(of.costs.parameters)} />
        <Tile label="Multiply-accumulates" value={big(of.costs.macs)} />
        <Tile label="Input" value={of.input.join(" × ")} />
        <Tile label="Opset" value={of.opset} />
      </Tiles>
      <p class="hint">
        {of.producer && `Written by ${of.producer}. `}
        {of.outputs.length === 1 ? "Output" : "Outputs"}: {of.outputs.map((shape) => shape.join(" × ")).join("; ")}.
      </p>
      {of.notes.map((note) => (
        <Notice key={note} kind="note">
          {note}
        </Notice>
      ))}
      <details>
        <summary>
          {of.layersInAll} layers
          {of.layersInAll > of.layers.rows.length && `, of which the first ${of.layers.rows.length}`}
        </summary>
        <DataTable table={of.layers} caption="Layers of the file" />
      </details>
    </section>
  );
}

/** Takes a file wherever on the page it is dropped: elsewhere than in the page the browser would open it and leave. */
function useDrops(take: (file: File | undefined) => void, setOver: (isOver: boolean) => void): void {
  const newest = useRef(take);
  newest.current = take;
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      newest.current(event.dataTransfer?.files[0]);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
}

export function BringView() {
  const guest = useGuest(guestLab);
  const [isOver, setOver] = useState(false);
  const [weights, setWeights] = useState<WeightSource>("random");
  const { busy, setBusy, error, work } = useWork();
  const [summary, setSummary] = useState<
    (ImportedSummary & { readonly id: string; readonly bytes: Uint8Array }) | undefined
  >(undefined);
  const [scores, setScores] = useState<Readonly<Record<string, Score>>>({});

  const read = async (bytes: Uint8Array, name: string, by: WeightSource) => {
    const described = await guest.call((lab) => lab.importFile(bytes, name, by));
    setSummary({ ...described, id: `${name} ${by} ${bytes.length}`, bytes });
    setScores({});
    for (const metric of metrics) {
      setBusy(`Scoring by ${metric}`);
      const score = await guest.call<Score>(async (lab) => lab.scoreFile(metric, 0));
      setScores((known) => ({ ...known, [metric]: score }));
    }
  };
  const begin = (what: string, action: () => Promise<void>) => {
    setSummary(undefined);
    setScores({});
    guest.end();
    void work(what, action);
  };
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    begin(`Reading ${file.name}`, async () => {
      if (file.size > LARGEST_FILE)
        throw new Error(`"${file.name}" has more than 200 MiB; esnas score takes larger ones.`);
      await read(new Uint8Array(await file.arrayBuffer()), file.name, weights);
    });
  };
  const takeExample = () =>
    begin("Writing ESFormer-S0", async () => {
      const json = jsonOf(esformerGenotype("s0"));
      const bytes = await lab().file("onnx", json, { seed: 0, title: "", subtitle: "", provenance: [] });
      await read(new Uint8Array(bytes as Uint8Array), "esformer-s0.onnx", weights);
    });
  const weigh = (by: WeightSource) => {
    setWeights(by);
    if (summary !== undefined) void work("Reading it anew", () => read(summary.bytes, summary.name, by));
  };
  useDrops(take, setOver);

  return (
    <div class="stack">
      <section class={isOver ? "drop drop-over" : "drop"} aria-labelledby="drop-title">
        <h2 id="drop-title">Drop an ONNX file here</h2>
        <p class="hint">
          Or anywhere on this page: what it has and costs, its scores, and what it takes in this browser. It goes
          nowhere. At most 200 MiB.
        </p>
        <div class="buttons">
          <label class="button">
            Choose a file
            <input
              type="file"
              class="visually-hidden"
              accept=".onnx"
              onChange={({ currentTarget }) => {
                take(currentTarget.files?.[0]);
                currentTarget.value = "";
              }}
            />
          </label>
          <button type="button" onClick={takeExample}>
            Try it with ESFormer-S0
          </button>
        </div>
        <fieldset class="segments">
          <legend class="visually-hidden">Weights that are scored</legend>
          {(["random", "file"] as const).map((source) => (
            <label key={source}>
              <input type="radio" name="weights" checked={weights === source} onChange={() => weigh(source)} />
              <span>{source === "random" ? "Score with random weights" : "Score with its own weights"}</span>
            </label>
          ))}
        </fieldset>
      </section>
      <div role="status" class="status-line">
        {busy && (
          <>
            <span>{busy}…</span>
            <button type="button" onClick={() => guest.end("Stopped: the file is no longer loaded.")}>
              Stop
            </button>
          </>
        )}
      </div>
      {error && <Notice kind="error">{error}</Notice>}
      {summary && <Summary of={summary} />}
      {summary && (
        <div class="columns">
          <section class="panel" aria-labelledby="scores-title">
            <h2 id="scores-title">Scores</h2>
            <p class="hint">
              For an input of {summary.input.join(" × ")}, as the file takes it. {otherSizes()}
            </p>
            <table>
              <thead>
                <tr>
                  <th scope="col">metric</th>
                  <th scope="col">score</th>
                </tr>
              </thead>
              <tbody>
                {metrics.map((metric) => (
                  <tr key={metric}>
                    <th scope="row">{metric}</th>
                    <td class="wraps">{shownScore(scores[metric])}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <section class="panel" aria-labelledby="time-title">
            <h2 id="time-title">Time in this browser</h2>
            <p class="hint">One image at a time.</p>
            <TimeInBrowser id={summary.id} model={async () => summary} />
          </section>
        </div>
      )}
    </div>
  );
}
