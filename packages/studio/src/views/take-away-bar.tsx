/** @file The files of a network, to take away. */

import type { Design } from "../state/genotypes.js";
import type { Study } from "../state/study.js";
import { fileKinds, type TakenKind, takeAway, takeCandidates } from "../state/take-away.js";
import { Notice } from "./parts.js";
import { useWork } from "./use-work.js";

interface TakeAwayProps {
  readonly design: Design;
  readonly title: string;
  /** Stands under the title in the drawing. */
  readonly subtitle: string;
  readonly seed: number;
  /** Sentences on where the network comes from. */
  readonly provenance: readonly string[];
  /** Whose candidates can be taken too. */
  readonly study?: Study | undefined;
}

export function TakeAwayBar({ design, title, subtitle, seed, provenance, study }: TakeAwayProps) {
  const { busy, error, work: take } = useWork();
  const file = (kind: TakenKind) => takeAway(kind, design, { seed, title, subtitle, provenance });
  const begin = (what: string, write: () => Promise<void>) => {
    if (busy === "") void take(what, write);
  };
  return (
    <section class="take-away" aria-labelledby="take-away-title">
      <h3 id="take-away-title">Download</h3>
      <div class="buttons">
        {fileKinds.map(({ kind, label, about }) => (
          <button
            type="button"
            key={kind}
            data-file={kind}
            title={about}
            aria-disabled={busy !== ""}
            onClick={() => begin(kind, () => file(kind))}
          >
            {busy === kind ? "Writing…" : label}
          </button>
        ))}
        {study && (
          <button
            type="button"
            data-file="csv"
            title="every candidate of the search, with its scores"
            aria-disabled={busy !== ""}
            onClick={() => begin("csv", () => takeCandidates(study))}
          >
            {busy === "csv" ? "Writing…" : "Candidates (CSV)"}
          </button>
        )}
      </div>
      {error && <Notice kind="error">{error}</Notice>}
    </section>
  );
}
