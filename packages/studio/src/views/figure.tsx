/**
 * @file The drawing of a network within the page: core's SVG, whose style sheet is adopted by the page, since its content security
 * policy allows no style within a document. Blocks are buttons where there is something to do with them.
 */

import { useEffect, useRef } from "preact/hooks";

interface FigureProps {
  readonly svg: string;
  readonly label: string;
  readonly chosen?: string | undefined;
  readonly onChoose?: (block: string) => void;
}

let isStyled = false;

/** All figures have one style sheet. */
function adoptStyle(text: string): void {
  if (isStyled) return;
  isStyled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

const STYLE = /<style>([\s\S]*?)<\/style>/;

function drawn(svg: string): Element {
  adoptStyle(STYLE.exec(svg)?.[1] ?? "");
  return new DOMParser().parseFromString(svg.replace(STYLE, ""), "image/svg+xml").documentElement;
}

/** What a block is called is its title, which the drawing gives it. */
function makeButtons(root: Element, chosen: string | undefined): void {
  root.setAttribute("role", "group");
  for (const block of root.querySelectorAll("[data-block]")) {
    const name = block.getAttribute("data-block") ?? "";
    block.setAttribute("role", "button");
    block.setAttribute("tabindex", "0");
    block.setAttribute("aria-pressed", String(name === chosen));
  }
}

function blockOf(target: EventTarget | null): string | undefined {
  const block = target instanceof Element ? target.closest("[data-block]") : null;
  return block?.getAttribute("data-block") ?? undefined;
}

export function Figure({ svg, label, chosen, onChoose }: FigureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const isInteractive = onChoose !== undefined;
  useEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const focused = blockOf(document.activeElement);
    const root = drawn(svg);
    root.setAttribute("aria-label", label);
    if (isInteractive) makeButtons(root, chosen);
    current.replaceChildren(root);
    if (focused === undefined || !isInteractive) return;
    const again = current.querySelector(`[data-block="${CSS.escape(focused)}"]`);
    if (again instanceof SVGElement) again.focus({ preventScroll: true });
  }, [svg, label, chosen, isInteractive]);
  const choose = (event: Event) => {
    const block = blockOf(event.target);
    if (block !== undefined) onChoose?.(block);
  };
  return (
    <div
      ref={frame}
      class={isInteractive ? "figure figure-interactive" : "figure"}
      tabIndex={isInteractive ? undefined : 0}
      {...(isInteractive
        ? {
            onClick: choose,
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              choose(event);
            },
          }
        : { role: "region", "aria-label": label })}
    />
  );
}
