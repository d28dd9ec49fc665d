/** @file How long a network takes in this browser: measured when it is asked for, in a worker that can be stopped. */

import { milliseconds } from "@esnas/core/internal";
import { useState } from "preact/hooks";
import { guestGpuTiming, guestTiming, proxy } from "../state/lab.js";
import type { MeasuredTime } from "../workers/measuring.js";
import { Notice } from "./parts.js";
import { useGuest } from "./use-guest.js";
import { useKeptFocus } from "./use-kept-focus.js";
import { useWork } from "./use-work.js";

/** An ONNX file, and the shape of its input at batch 1. */
export interface Measurable {
  readonly bytes: Uint8Array;
  readonly input: readonly number[];
}

interface TimeInBrowserProps {
  /** Another one is another network, whose time is not known. */
  readonly id: string;
  readonly model: () => Promise<Measurable>;
}

const ways = { wasm: "WebAssembly", gpu: "WebGPU" } as const;

function Times({ times }: { times: readonly MeasuredTime[] }) {
  return (
    <table>
      <caption class="visually-hidden">Milliseconds of one image</caption>
      <thead>
        <tr>
          <th scope="col">ran on</th>
          <th scope="col">median, ms</th>
          <th scope="col">10 % to 90 %</th>
          <th scope="col">runs</th>
        </tr>
      </thead>
      <tbody>
        {times.map(({ by, median, p10, p90, runs }) => (
          <tr key={by}>
            <th scope="row">{by}</th>
            <td>{milliseconds(median)}</td>
            <td>
              {milliseconds(p10)}–{milliseconds(p90)}
            </td>
            <td>{runs}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function TimeInBrowser({ id, model }: TimeInBrowserProps) {
  const guests = { wasm: useGuest(guestTiming), gpu: useGuest(guestGpuTiming) };
  const end = () => {
    guests.wasm.end();
    guests.gpu.end();
  };
  const { busy, setBusy, error, work } = useWork();
  const [measured, setMeasured] = useState<{ readonly id: string; readonly times: readonly MeasuredTime[] }>({
    id,
    times: [],
  });
  const frame = useKeptFocus<HTMLDivElement>();
  const times = measured.id === id ? measured.times : [];
  const measure = (way: keyof typeof ways) =>
    void work("Getting ready", async () => {
      const { bytes, input } = await model();
      const onProgress = proxy((done: number, of: number) => setBusy(`Measuring, run ${done} of ${of}`));
      const time = await guests[way].call(async (timing) => timing.measure(bytes, input, onProgress)).finally(end);
      setMeasured((known) => {
        const others = known.id === id ? known.times.filter(({ by }) => by !== time.by) : [];
        return { id, times: [...others, time] };
      });
    });
  return (
    <div class="stack" ref={frame} tabIndex={-1}>
      {times.length > 0 && <Times times={times} />}
      <div class="buttons">
        {(["wasm", "gpu"] as const).map((way) => (
          <button
            type="button"
            key={way}
            data-measure={way}
            aria-disabled={busy !== ""}
            onClick={() => busy === "" && measure(way)}
          >
            Measure on {ways[way]}
          </button>
        ))}
      </div>
      <div role="status" class="status-line">
        {busy && (
          <>
            <span>{busy}…</span>
            <button type="button" onClick={end}>
              Stop
            </button>
          </>
        )}
      </div>
      {error && <Notice kind="error">{error}</Notice>}
    </div>
  );
}
