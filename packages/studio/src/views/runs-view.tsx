/** @file The searches that there are: stored in this browser, and in folders that `esnas studio` serves. */

import { grouped, type Settings } from "@esnas/core/internal";
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../state/lab.js";
import { goTo } from "../state/route.js";
import { open, remove, restore } from "../state/search-control.js";
import { listRuns, openRun, servedRuns } from "../state/served.js";
import { boundsText, nameOf } from "../state/settings-text.js";
import { type KeptSearch, storedSearches } from "../state/store.js";
import type { StoredSearch, Unreadable } from "../state/stored.js";
import { status, study } from "../state/study.js";
import { Notice } from "./parts.js";
import { useKeptFocus } from "./use-kept-focus.js";

/** Milliseconds between looks at the folders. */
const LOOK_EVERY = 3000;

function useServed(): void {
  useEffect(() => {
    void listRuns();
    const timer = setInterval(() => void listRuns(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, []);
}

const words: Readonly<Record<StoredSearch["status"], string>> = {
  running: "under way",
  paused: "paused",
  stopped: "stopped",
  ended: "done",
};

function aboutBounds(settings: Settings): string {
  const bounds = boundsText(settings);
  return bounds === "" ? "" : `${bounds} · `;
}

interface RowProps {
  readonly name: string;
  readonly about: string;
  readonly onOpen?: () => void;
  readonly onDelete?: () => void;
}

function Row({ name, about, onOpen, onDelete }: RowProps) {
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <span class="hint">{about}</span>
      </div>
      <div class="buttons">
        {onOpen && (
          <button type="button" aria-label={`Open ${name}`} onClick={onOpen}>
            Open
          </button>
        )}
        {onDelete && (
          <button type="button" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </button>
        )}
      </div>
    </li>
  );
}

function useStored() {
  const [searches, setSearches] = useState<readonly (StoredSearch | Unreadable)[] | undefined>(undefined);
  const [error, setError] = useState("");
  const tell = (reason: unknown) => setError(messageOf(reason));
  const look = () =>
    storedSearches().then(setSearches, (reason) => {
      setSearches([]);
      tell(reason);
    });
  useEffect(() => void look(), [study.value, status.value]);
  return { searches, error, tell, look };
}

function Stored() {
  const { searches, error, tell, look } = useStored();
  const [deleted, setDeleted] = useState<KeptSearch | undefined>(undefined);
  const frame = useKeptFocus<HTMLElement>();
  const openIt = async (id: string) => {
    try {
      await open(id);
      goTo("design");
    } catch (reason) {
      tell(reason);
    }
  };
  const deleteIt = async (id: string) => {
    setDeleted(await remove(id));
    await look();
  };
  const putBack = async (kept: KeptSearch) => {
    await restore(kept);
    setDeleted(undefined);
    await look();
  };
  const rowOf = (search: StoredSearch | Unreadable): RowProps => {
    if ("problem" in search) return { name: "A search that cannot be read", about: search.problem };
    const { settings, created, count, status: state } = search;
    return {
      name: nameOf(settings),
      about: `${aboutBounds(settings)}${new Date(created).toLocaleString()} · ${grouped(count)} candidates · ${words[state]}`,
      onOpen: () => void openIt(search.id),
    };
  };
  return (
    <section class="panel" aria-labelledby="stored-title" ref={frame} tabIndex={-1}>
      <h2 id="stored-title">In this browser</h2>
      {error && <Notice kind="error">{error}</Notice>}
      <div role="status" class="status-line">
        {deleted && (
          <>
            <span>{nameOf(deleted.search.settings)} is deleted.</span>
            <button type="button" onClick={() => void putBack(deleted).catch(tell)}>
              Undo
            </button>
          </>
        )}
      </div>
      {searches === undefined && <p class="hint">Looking…</p>}
      {searches?.length === 0 && (
        <div class="nothing">
          <p>No search yet: what you search for is kept in this browser, and stands here.</p>
          <a class="button" href="#/design">
            To the budget
          </a>
        </div>
      )}
      <ul class="rows">
        {searches?.map((search) => (
          <Row key={search.id} {...rowOf(search)} onDelete={() => void deleteIt(search.id).catch(tell)} />
        ))}
      </ul>
    </section>
  );
}

function Served() {
  const served = servedRuns.value;
  if (served === undefined) {
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
  const { runs, unreadable } = served;
  return (
    <section class="panel" aria-labelledby="served-title">
      <h2 id="served-title">In folders</h2>
      {runs.length + unreadable.length === 0 && (
        <p class="hint">
          The folders hold no run yet. One that <code>esnas search</code> begins appears here.
        </p>
      )}
      <ul class="rows">
        {runs.map((run) => (
          <Row
            key={run.id}
            name={run.name}
            about={`${nameOf(run.settings)} · ${aboutBounds(run.settings)}${grouped(run.count)} candidates · ${
              run.isFinished ? "done" : "under way or stopped"
            }`}
            onOpen={() => {
              void openRun(run);
              goTo("design");
            }}
          />
        ))}
        {unreadable.map(({ name, problem }) => (
          <Row key={name} name={name} about={`cannot be read: ${problem}`} />
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
