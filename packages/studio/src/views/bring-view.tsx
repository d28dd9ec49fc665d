/** @file An ONNX file of anyone's: described, scored and measured in the page, in a worker that can be ended. */

import { big, type Score, type WeightSource } from "@esnas/core";
import { useState } from "preact/hooks";
import { guestLab } from "../state/lab.js";
import type { ImportedSummary } from "../workers/lab.worker.js";
import { DataTable, Notice, Tile, Tiles } from "./parts.js";
import { TimeInBrowser } from "./time-in-browser.js";
import { useGuest } from "./use-guest.js";
import { useWork } from "./use-work.js";

/** Bytes that the page takes. */
const LARGEST_FILE = 200 * 2 ** 20;

/** Those that say something of any network. */
const metrics = ["entropic-score", "logsynflow", "naswot", "synflow", "activation-layers"] as const;

function shownScore(score: Score | undefined): string {
  if (score === undefined) return "…";
  return typeof score === "number"
    ? score.toLocaleString("en-US", { maximumSignificantDigits: 6 })
    : `none: ${score.reason}`;
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

export function BringView() {
  const guest = useGuest(guestLab);
  const [isOver, setOver] = useState(false);
  const [weights, setWeights] = useState<WeightSource>("random");
  const { busy, setBusy, error, work } = useWork();
  const [summary, setSummary] = useState<
    (ImportedSummary & { readonly id: string; readonly bytes: Uint8Array }) | undefined
  >(undefined);
  const [scores, setScores] = useState<Readonly<Record<string, Score>>>({});

  const take = (file: File | undefined) => {
    if (file === undefined) return;
    guest.end();
    setSummary(undefined);
    setScores({});
    void work(`Reading ${file.name}`, async () => {
      if (file.size > LARGEST_FILE)
        throw new Error(`"${file.name}" has more than 200 MiB; esnas score takes larger ones.`);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const read = await guest.call((lab) => lab.importFile(bytes, file.name, weights));
      setSummary({ ...read, id: crypto.randomUUID(), bytes });
      for (const metric of metrics) {
        setBusy(`Scoring by ${metric}`);
        const score = await guest.call<Score>(async (lab) => lab.scoreFile(metric, 0));
        setScores((known) => ({ ...known, [metric]: score }));
      }
    });
  };

  return (
    <div class="stack">
      <section
        class={isOver ? "drop drop-over" : "drop"}
        aria-labelledby="drop-title"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files[0]);
        }}
      >
        <h2 id="drop-title">Drop an ONNX file here</h2>
        <p class="hint">It is read, scored and measured in this page, and goes nowhere. At most 200 MiB.</p>
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
        <fieldset class="segments">
          <legend class="visually-hidden">Weights that are scored</legend>
          {(["random", "file"] as const).map((source) => (
            <label key={source}>
              <input type="radio" name="weights" checked={weights === source} onChange={() => setWeights(source)} />
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
