/** @file What stands around every view: name, navigation, and what is told to those who do not see the page. */

import { useComputed } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { isLabLost } from "../state/lab.js";
import { route, type ViewName } from "../state/route.js";
import { report, status, study } from "../state/study.js";
import { DesignView } from "./design-view.js";
import { Notice } from "./parts.js";

const titles: Readonly<Record<ViewName, string>> = {
  design: "Design",
  understand: "Understand",
  change: "Change",
  bring: "Your model",
  runs: "Searches",
};

/** Views that are fetched when they are first shown. */
const loaders: Readonly<Record<Exclude<ViewName, "design">, () => Promise<ComponentType>>> = {
  understand: async () => (await import("./understand-view.js")).UnderstandView,
  change: async () => (await import("./change-view.js")).ChangeView,
  bring: async () => (await import("./bring-view.js")).BringView,
  runs: async () => (await import("./runs-view.js")).RunsView,
};

const loaded = new Map<ViewName, ComponentType>([["design", DesignView]]);

function View({ name }: { name: ViewName }) {
  const [, setLoads] = useState(0);
  const [isLost, setLost] = useState(false);
  const Known = loaded.get(name);
  useEffect(() => {
    if (name === "design" || loaded.has(name)) return;
    loaders[name]().then(
      (Component) => {
        loaded.set(name, Component);
        setLoads((loads) => loads + 1);
      },
      () => setLost(true),
    );
  }, [name]);
  if (Known !== undefined) return <Known />;
  return isLost ? (
    <Notice kind="error">This view could not be loaded. Are you offline? Load the page again.</Notice>
  ) : (
    <p class="hint">Loading…</p>
  );
}

function Navigation() {
  const { view } = route.value;
  return (
    <nav aria-label="Views">
      <ul>
        {(Object.keys(titles) as ViewName[]).map((name) => (
          <li key={name}>
            <a href={`#/${name}`} aria-current={view === name ? "page" : undefined}>
              {titles[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Told when the phase or the state changes, not with every candidate. */
function Announcer() {
  const words = useComputed(() => {
    if (study.value === undefined) return "";
    const told = report.value;
    const where = told === undefined || status.value !== "running" ? "" : `, cycle ${told.cycle}, ${told.phase} phase`;
    return `Search ${status.value}${where}`;
  });
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {words}
    </p>
  );
}

export function Shell() {
  const { view } = route.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${titles[view]} · esnas studio`;
    // A new view begins at its top, for the eyes and for the keyboard; the page's first keeps to the browser's ways.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    if (!isFirst.current) scrollTo(0, 0);
    isFirst.current = false;
  }, [view]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <header class="top">
        <a class="brand" href="#/design">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect class="ibn" x="4" y="4" width="24" height="6" rx="2" />
            <rect class="convnext" x="7" y="13" width="18" height="6" rx="2" />
            <rect class="transformer" x="10" y="22" width="12" height="6" rx="2" />
          </svg>
          esnas studio
        </a>
        <Navigation />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <h1 class="visually-hidden">{titles[view]}</h1>
        {isLabLost.value && (
          <Notice kind="error">
            What draws and scores networks could not be loaded. Are you offline? Load the page again.
          </Notice>
        )}
        <View name={view} />
      </main>
      <Announcer />
    </>
  );
}
