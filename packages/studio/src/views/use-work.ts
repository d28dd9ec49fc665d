/** @file One thing at a time that takes a while: what it is, and what went wrong with the last. */

import { useState } from "preact/hooks";
import { messageOf } from "../state/lab.js";

export function useWork() {
  /** What is being done; empty where nothing is. */
  const [busy, setBusy] = useState("");
  const [error, setError] = useState("");
  const work = async (what: string, action: () => Promise<void>) => {
    setBusy(what);
    setError("");
    try {
      await action();
    } catch (reason) {
      setError(messageOf(reason));
    } finally {
      setBusy("");
    }
  };
  return { busy, setBusy, error, work };
}
