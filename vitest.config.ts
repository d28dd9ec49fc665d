import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const core = (path: string) => fileURLToPath(new URL(`packages/core/src/${path}`, import.meta.url));

/** What quick and slow tests share. */
export const shared = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // One more than most machines that test have to give: many tests wait, for processes that they have started.
  maxWorkers: 3,
  // As the program does: packages/cli/src/runtime/telemetry.ts.
  env: { ORT_DISABLE_TELEMETRY: "1" },
};

export default defineConfig({
  resolve: {
    alias: [
      { find: /^@esnas\/core$/, replacement: core("index.ts") },
      { find: /^@esnas\/core\/internal$/, replacement: core("internal.ts") },
      { find: /^@esnas\/core\/plugin$/, replacement: core("plugin.ts") },
      { find: /^@esnas\/core\/testing$/, replacement: core("testing/index.ts") },
    ],
  },
  test: {
    ...shared,
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.slow.test.ts", "**/*.release.test.ts"],
  },
});
