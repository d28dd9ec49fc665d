/**
 * @file One thing at a time that takes a while: what it is, and what went wrong with the last. What is begun anew takes the place of
 * what was under way, of which nothing more is told.
 */

import { useRef, useState } from "preact/hooks";
import { messageOf } from "../state/lab.js";

export function useWork() {
  /** What is being done; empty where nothing is. */
  const [busy, setBusy] = useState("");
  const [error, setError] = useState("");
  const newest = useRef(0);
  const work = async (what: string, action: () => Promise<void>) => {
    const mine = ++newest.current;
    const isNewest = () => mine === newest.current;
    setBusy(what);
    setError("");
    try {
      await action();
    } catch (reason) {
      if (isNewest()) setError(messageOf(reason));
    } finally {
      if (isNewest()) setBusy("");
    }
  };
  return { busy, setBusy, error, work };
}
