/** @file `npm run test:release`: the packages as a registry would have them, packed, installed and run. The release workflow runs it. */

import { defineConfig } from "vitest/config";
import slow from "./vitest.slow.config.js";

export default defineConfig({ ...slow, test: { ...slow.test, include: ["test/**/*.release.test.ts"] } });
