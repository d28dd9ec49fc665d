import fc from "fast-check";
import { expect, test } from "vitest";
import { isOwnHost } from "./local-host.js";

const names = fc.constantFrom("127.0.0.1", "localhost", "[::1]").chain((name) => fc.mixedCase(fc.constant(name)));
const ports = fc.integer({ min: 1, max: 65_535 });

test("a host is this machine by any of its names, in any case, with the port that the request came in on", () => {
  fc.assert(
    fc.property(names, ports, ports, (name, port, other) => {
      expect(isOwnHost(`${name}:${port}`, port)).toBe(true);
      expect(isOwnHost(`${name}:${other}`, port)).toBe(other === port);
      expect(isOwnHost(name, port)).toBe(port === 80);
    }),
  );
  expect(isOwnHost("localhost", 80)).toBe(true);
  expect(isOwnHost("LOCALHOST:80", 80)).toBe(true);
});

test("no other host is this machine, whatever it holds of its names", () => {
  fc.assert(
    fc.property(names, ports, fc.string({ minLength: 1 }), (name, port, other) => {
      fc.pre(!/^:?\d+$/.test(other));
      for (const host of [`${other}${name}:${port}`, `${name}${other}:${port}`, `${name}:${port}${other}`, other]) {
        expect(isOwnHost(host, port)).toBe(false);
      }
    }),
  );
  expect(isOwnHost(undefined, 80)).toBe(false);
  expect(isOwnHost("", 80)).toBe(false);
});
