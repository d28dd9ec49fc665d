/** @file Which view is shown: the part of the address behind `#`, so that the page works from any host and in any folder. */

import { signal } from "@preact/signals";

export const views = ["design", "understand", "change", "bring", "runs"] as const;

export type ViewName = (typeof views)[number];

export interface Route {
  readonly view: ViewName;
  /** What a link carries. */
  readonly link: string | undefined;
}

/** `#/change?g=...` */
export function routeOf(hash: string): Route {
  const [, path = "", query = ""] = /^#\/?([a-z]*)(?:\?(.*))?$/.exec(hash) ?? [];
  const view = views.find((name) => name === path) ?? "design";
  return { view, link: new URLSearchParams(query).get("g") ?? undefined };
}

export const route = signal<Route>(routeOf(""));

export function followAddress(): void {
  const follow = () => {
    route.value = routeOf(location.hash);
  };
  addEventListener("hashchange", follow);
  follow();
}

export function goTo(view: ViewName): void {
  location.hash = `#/${view}`;
}
