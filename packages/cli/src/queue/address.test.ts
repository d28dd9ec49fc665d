import { InputError } from "@esnas/core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsedAddress, shownAddress } from "./address.js";

const text = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const host = fc.constantFrom("localhost", "10.0.0.5", "queue.example", "[::1]");

test("user, password, host, port and database of a URL are what was put into it", () => {
  fc.assert(
    fc.property(
      text,
      text,
      host,
      fc.integer({ min: 1, max: 65_535 }),
      fc.nat(15),
      fc.boolean(),
      (user, password, at, port, database, tls) => {
        const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
        const url = `${tls ? "rediss" : "redis"}://${credentials}@${at}:${port}/${database}`;
        expect(parsedAddress(url, "esnas")).toEqual({
          host: at.replace(/[[\]]/g, ""),
          port,
          tls,
          username: user,
          password,
          database,
          prefix: "esnas",
        });
      },
    ),
  );
});

test("the port is Redis', and there is no password, where the URL has none", () => {
  expect(parsedAddress("redis://10.0.0.5", "a")).toMatchObject({
    port: 6379,
    username: undefined,
    password: undefined,
  });
  expect(parsedAddress("valkeys://10.0.0.5", "a")).toMatchObject({ tls: true });
});

test("an address is shown without user and password", () => {
  const address = parsedAddress("rediss://me:secret@[::1]:7000/3", "a");
  expect(shownAddress(address)).toBe("rediss://[::1]:7000");
});

test("whatever is no URL of Redis is refused, and not repeated", () => {
  fc.assert(
    fc.property(fc.string(), (any) => {
      try {
        parsedAddress(any, "a");
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
      expect(() => parsedAddress(`redis://:secret${any}@`, "a")).toThrow(/^(?!.*secret)/);
    }),
  );
});
