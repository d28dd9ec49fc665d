/** @file Numbers as people read them. */

/** `1.33 M`, `0.26 G`, `912 k`: three significant digits. */
export function big(n: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (n >= size / 4) return `${Number((n / size).toPrecision(3))} ${unit}`;
  }
  return String(n);
}

/** `1,234` */
export function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

/** `8 s`, `2 min 05 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `7.93`, `0.042`: three significant digits. */
export function milliseconds(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : String(Number(ms.toPrecision(3)));
}
