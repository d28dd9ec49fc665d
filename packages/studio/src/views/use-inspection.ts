/** @file What the workers know of a design, for whoever shows one: the newest design is asked about when the last answer has come. */

import type { LatencyProfile } from "@esnas/core/internal";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Design } from "../state/genotypes.js";
import { lab, messageOf } from "../state/lab.js";
import { jsonOf } from "../state/study.js";
import type { EntropyParts, Inspection, InspectionOptions } from "../workers/lab.worker.js";

/** Milliseconds between an answer and the next question: what is drawn and redrawn keeps the page from answering clicks. */
const DRAWING_RESTS = 200;
const RUNNING_RESTS = 500;

/** The answer to the newest question that has been answered; questions that were overtaken are left out. */
function useLatest<Q, A>(question: Q | undefined, key: string, rest: number, ask: (question: Q) => Promise<A>) {
  const [answer, setAnswer] = useState<{ readonly key: string; readonly value: A } | undefined>(undefined);
  const [error, setError] = useState<string | undefined>(undefined);
  const state = useRef<{ isAsking: boolean; next: { question: Q; key: string } | undefined }>({
    isAsking: false,
    next: undefined,
  });
  useEffect(() => {
    const { current } = state;
    current.next = question === undefined ? undefined : { question, key };
    if (current.isAsking) return;
    const pump = async () => {
      current.isAsking = true;
      while (current.next !== undefined) {
        const { question: asked, key: askedKey } = current.next;
        current.next = undefined;
        try {
          const value = await ask(asked);
          setAnswer({ key: askedKey, value });
          setError(undefined);
        } catch (reason) {
          setError(messageOf(reason));
        }
        await new Promise((rested) => setTimeout(rested, rest));
      }
      current.isAsking = false;
    };
    void pump();
  }, [key]);
  return { answer: answer?.value, isCurrent: answer?.key === key, error };
}

function keyOf(design: Design | undefined): string {
  return design === undefined ? "" : JSON.stringify(jsonOf(design));
}

/** Drawing, tables and costs of a design. */
export function useInspection(design: Design | undefined, options: InspectionOptions, profile?: LatencyProfile) {
  const key = `${keyOf(design)} ${JSON.stringify(options)} ${profile?.machine.cpu} ${profile?.network.factor}`;
  return useLatest<Design, Inspection>(design, key, DRAWING_RESTS, (asked) =>
    lab().inspect(jsonOf(asked), options, profile),
  );
}

/** Entropic Score of a design, and its parts: runs the network. */
export function useEntropy(design: Design | undefined, seed: number) {
  return useLatest<Design, EntropyParts>(design, `${keyOf(design)} ${seed}`, RUNNING_RESTS, (asked) =>
    lab().entropy(jsonOf(asked), seed),
  );
}
