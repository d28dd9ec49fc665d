/**
 * @file Progress on stderr: a view that rewrites itself on a terminal, plain lines elsewhere.
 */

import { printableLines } from "@esnas/core/internal";

/** Milliseconds between two views on a terminal, and between two lines elsewhere. */
const VIEW_EVERY = 100;
const LINE_EVERY = 5000;

export interface Progress {
  /** Shows the text, unless something was shown just before. Elsewhere than on a terminal, its lines become one. */
  show(lines: () => readonly string[]): void;
  /** Shows a line that stays, above what is shown. */
  note(line: string): void;
  /** Shows a last line and leaves it there. */
  end(line: string): void;
}

export async function progressOn(stream: NodeJS.WriteStream): Promise<Progress> {
  const update = stream.isTTY ? (await import("log-update")).createLogUpdate(stream) : undefined;
  const every = update === undefined ? LINE_EVERY : VIEW_EVERY;
  let last = update === undefined ? performance.now() : Number.NEGATIVE_INFINITY;
  const write = (lines: readonly string[]) => {
    if (update === undefined) stream.write(`${printableLines(lines.join("; "))}\n`);
    else update(printableLines(lines.join("\n")));
  };
  return {
    show(lines) {
      const now = performance.now();
      if (now - last < every) return;
      last = now;
      write(lines());
    },
    note(line) {
      update?.clear();
      stream.write(`${printableLines(line)}\n`);
    },
    end(line) {
      write([line]);
      update?.done();
    },
  };
}
