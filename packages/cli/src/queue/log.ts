/** @file What a worker tells of itself, line by line: for people, or in JSON for those who gather logs. */

import { printable } from "@esnas/core/internal";

export type LogFields = Readonly<Record<string, string | number>>;

export type Log = (event: string, fields?: LogFields) => void;

export const logForms = ["text", "json"] as const;

export function logTo(stream: NodeJS.WritableStream, form: (typeof logForms)[number]): Log {
  return (event, fields = {}) => {
    const time = new Date().toISOString();
    const words = [event, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(", ");
    stream.write(`${printable(form === "json" ? JSON.stringify({ time, event, ...fields }) : `${time} ${words}`)}\n`);
  };
}
