/** @file `npm run test:slow`: checks that take minutes and rarely fail, such as fuzzing, soaks and whole tables. */

import { defineConfig } from "vitest/config";
import quick, { shared } from "./vitest.config.js";

export default defineConfig({
  ...quick,
  test: { ...shared, include: ["test/**/*.slow.test.ts"], testTimeout: 900_000, hookTimeout: 900_000 },
});
