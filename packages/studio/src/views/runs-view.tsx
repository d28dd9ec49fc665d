/** @file The searches that there are: stored in this browser, and in folders that `esnas studio` serves. */

import { grouped } from "@esnas/core";
import { useEffect, useState } from "preact/hooks";
import { goTo } from "../state/route.js";
import { open, remove } from "../state/search-control.js";
import { listRuns, openRun, servedRuns } from "../state/served.js";
import { type StoredSearch, storedSearches } from "../state/store.js";
import { nameOf, status, study } from "../state/study.js";
import { Empty } from "./parts.js";

/** Milliseconds between looks at the folders. */
const LOOK_EVERY = 3000;

function useServed(): void {
  useEffect(() => {
    void listRuns();
    const timer = setInterval(() => void listRuns(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, []);
}

function show(opened: Promise<void>): void {
  void opened;
  goTo("design");
}

const words: Readonly<Record<StoredSearch["status"], string>> = {
  running: "under way",
  paused: "paused",
  stopped: "stopped",
  ended: "done",
};

function Stored() {
  const [searches, setSearches] = useState<readonly StoredSearch[] | undefined>(undefined);
  const look = () => void storedSearches().then(setSearches, () => setSearches([]));
  useEffect(look, [study.value, status.value]);
  if (searches === undefined) return <p class="hint">Looking…</p>;
  if (searches.length === 0) {
    return (
      <Empty title="No search yet">
        <p>What you search for is kept in this browser, and stands here.</p>
        <a class="button" href="#/design">
          To the budget
        </a>
      </Empty>
    );
  }
  return (
    <section class="panel" aria-labelledby="stored-title">
      <h2 id="stored-title">In this browser</h2>
      <ul class="rows">
        {searches.map((search) => (
          <li key={search.id}>
            <div>
              <strong>{nameOf(search.settings)}</strong>
              <span class="hint">
                {new Date(search.created).toLocaleString()} · {grouped(search.count)} candidates ·{" "}
                {words[search.status]}
              </span>
            </div>
            <div class="buttons">
              <button
                type="button"
                aria-label={`Open ${nameOf(search.settings)}`}
                onClick={() => show(open(search.id))}
              >
                Open
              </button>
              <button
                type="button"
                aria-label={`Delete ${nameOf(search.settings)}`}
                onClick={() => void remove(search.id).then(look)}
              >
                Delete
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Served() {
  const runs = servedRuns.value;
  if (runs === undefined) {
    return (
      <section class="panel" aria-labelledby="served-title">
        <h2 id="served-title">In folders</h2>
        <p class="hint">
          Started as <code>esnas studio FOLDER</code>, this page also shows the runs of the command line, and follows
          those that are under way.
        </p>
      </section>
    );
  }
  return (
    <section class="panel" aria-labelledby="served-title">
      <h2 id="served-title">In folders</h2>
      {runs.length === 0 && (
        <p class="hint">
          The folders hold no run yet. One that <code>esnas search</code> begins appears here.
        </p>
      )}
      <ul class="rows">
        {runs.map((run) => (
          <li key={run.id}>
            <div>
              <strong>{run.name}</strong>
              <span class="hint">
                {nameOf(run.settings)} · {grouped(run.count)} candidates ·{" "}
                {run.isFinished ? "done" : "under way or stopped"}
              </span>
            </div>
            <button type="button" aria-label={`Open ${run.name}`} onClick={() => show(openRun(run))}>
              Open
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function RunsView() {
  useServed();
  return (
    <div class="stack">
      <Stored />
      <Served />
    </div>
  );
}
