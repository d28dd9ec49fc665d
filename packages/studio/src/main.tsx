/** @file Opens the page: the view that the address names, and the search that was open last. */

import { render } from "preact";
import { followAddress } from "./state/route.js";
import { openLast } from "./state/search-control.js";
import { listRuns } from "./state/served.js";
import { Shell } from "./views/shell.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/drawings.css";
import "./styles/layout.css";

followAddress();
const root = document.getElementById("studio");
if (root !== null) {
  root.replaceChildren();
  render(<Shell />, root);
}
void openLast();
void listRuns();
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  addEventListener("load", () => void navigator.serviceWorker.register("./service-worker.js").catch(() => {}));
}
