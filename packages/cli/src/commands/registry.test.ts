import { expect, test } from "vitest";
import { listedCommands } from "./registry.js";

test.each(listedCommands)("$name is listed with the name and the usage that it has", async ({ name, usage, load }) => {
  const command = await load();
  expect([command.name(), command.usage()]).toEqual([name, usage]);
});
