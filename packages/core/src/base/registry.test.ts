import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { Registry } from "./registry.js";

const colours = () => new Registry<number>("colour", { red: 1, green: 2 });

test("what is added is found by its name, after all that was there", () => {
  const registry = colours();
  const { names } = registry;
  registry.add("dark-blue", 3);
  expect(registry.get("dark-blue")).toBe(3);
  expect(names).toEqual(["red", "green", "dark-blue"]);
});

test("a name that nothing has is refused with the names that there are", () => {
  expect(() => colours().get("gren")).toThrow(/unknown colour "gren"\. Did you mean "green"\? Known: red, green\./);
});

test("a name that is taken is refused, and what has it stays", () => {
  const registry = colours();
  expect(() => registry.add("red", 3)).toThrow(/there is a colour "red" already/);
  expect(registry.get("red")).toBe(1);
});

test.each(["", "Red", "a,b", "a(b)", "-a", "a--b", "__proto__", "a b"])("%j is no name", (name) => {
  expect(() => colours().add(name, 1)).toThrow(InputError);
});
