/** @file A bound on latency: as a profile predicts it, which is measured in this browser or comes from a file. */

import { readLatencyProfile } from "@esnas/core/internal";
import type { TypedAmount } from "../state/budget.js";
import { guestTiming, proxy } from "../state/lab.js";
import { keepProfile, profile } from "../state/profile.js";
import { saveText } from "../state/take-away.js";
import { AmountSlider } from "./amount-slider.js";
import { Notice } from "./parts.js";
import { useGuest } from "./use-guest.js";
import { useWork } from "./use-work.js";

/** Profiles are a few dozen kilobytes. */
const LARGEST_PROFILE = 4 * 2 ** 20;

async function readFile(file: File): Promise<void> {
  if (file.size > LARGEST_PROFILE) throw new Error("The file has more than 4 MiB, and is no latency profile.");
  const text = await file.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("The file is not JSON.");
  }
  keepProfile(readLatencyProfile(json));
}

function Calibration() {
  const guest = useGuest(guestTiming);
  const { busy, setBusy, error, work } = useWork();
  const known = profile();
  const measure = () =>
    void work("Getting ready", async () => {
      const onProgress = proxy((done: number, of: number) => setBusy(`Measured ${done} of ${of} networks`));
      keepProfile(await guest.call((timing) => timing.calibrate(onProgress)).finally(() => guest.end()));
    });
  return (
    <>
      <p class="hint">
        {known === undefined
          ? "To bound it, measure what blocks take in this browser (about a minute), or open a profile of esnas latency --calibrate."
          : `By a profile of ${known.machine.cpu}, ${known.threads} ${known.threads === 1 ? "thread" : "threads"}: wrong by ${(100 * known.check.medianError).toFixed(1)} % in the median of ${known.check.networks} networks.`}
      </p>
      <div class="buttons">
        {busy === "" ? (
          <button type="button" onClick={measure}>
            {known === undefined ? "Measure this browser" : "Measure anew"}
          </button>
        ) : (
          <button type="button" onClick={() => guest.end()}>
            Stop
          </button>
        )}
        <label class="button">
          Open a profile
          <input
            type="file"
            class="visually-hidden"
            accept=".json"
            aria-label="Latency profile"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              if (file !== undefined) void work("Reading", () => readFile(file));
              currentTarget.value = "";
            }}
          />
        </label>
        {known !== undefined && (
          <button type="button" onClick={() => saveText("profile.json", JSON.stringify(known, undefined, 2))}>
            Save it
          </button>
        )}
      </div>
      <p role="status" class="hint">
        {busy && `${busy}…`}
      </p>
      {error && <Notice kind="error">{error}</Notice>}
    </>
  );
}

interface LatencyBudgetProps {
  /** Milliseconds; undefined where latency is free. */
  readonly latency: TypedAmount | undefined;
  readonly onChange: (latency: TypedAmount | undefined) => void;
}

/** A bound to begin with, and the ends of the slider. */
const [BEGINNING, LEAST, MOST] = [30, 1, 500];

export function LatencyBudget({ latency, onChange }: LatencyBudgetProps) {
  const known = profile();
  return (
    <fieldset class="latency">
      <legend>Latency</legend>
      {known !== undefined && (
        <label class="choice">
          <input
            type="checkbox"
            checked={latency !== undefined}
            onChange={({ currentTarget }) => onChange(currentTarget.checked ? BEGINNING : undefined)}
          />
          Bound the latency
        </label>
      )}
      {known !== undefined && latency !== undefined && (
        <AmountSlider
          label="Latency at most"
          cost="latency"
          unit="ms"
          min={LEAST}
          max={MOST}
          value={latency}
          onChange={onChange}
        />
      )}
      <Calibration />
    </fieldset>
  );
}
