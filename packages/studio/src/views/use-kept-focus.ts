/** @file Keeps the keyboard's place where what had the focus is gone, as a button that has done its work. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** To a frame that can be focused itself: `tabIndex={-1}`. */
export function useKeptFocus<T extends HTMLElement>(): RefObject<T | null> {
  const frame = useRef<T>(null);
  const last = useRef<Element | undefined>(undefined);
  useLayoutEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const note = ({ target }: FocusEvent) => {
      last.current = target instanceof Element ? target : undefined;
    };
    const forget = ({ target }: FocusEvent) => {
      // What is taken away loses the focus first, while it still stands in the page.
      setTimeout(() => {
        if (last.current === target && last.current?.isConnected) last.current = undefined;
      });
    };
    current.addEventListener("focusin", note);
    current.addEventListener("focusout", forget);
    return () => {
      current.removeEventListener("focusin", note);
      current.removeEventListener("focusout", forget);
    };
  }, [frame.current]);
  useLayoutEffect(() => {
    const { current } = frame;
    if (current === null || last.current === undefined || last.current.isConnected) return;
    last.current = undefined;
    if (document.activeElement !== document.body) return;
    (current.querySelector<HTMLElement>("button, a[href], input") ?? current).focus();
  });
  return frame;
}
