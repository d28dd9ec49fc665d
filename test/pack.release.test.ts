/** @file The packages as strangers have them: packed, installed into an empty folder by npm and by pnpm, run, and compiled against. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY, readJson, temporaryFolder } from "./cli/esnas.js";
import { install, type Manager, managers, missingRegistry, pack, run, shell } from "./packing.js";

const missing = missingRegistry();
const bin = (name: string) => join(REPOSITORY, "node_modules/.bin", name);

/** All files of an installed package, with `/` between folders. */
function filesOf(folder: string): string[] {
  const paths = (readdirSync(folder, { recursive: true }) as string[]).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  return paths.map((path) => path.replaceAll("\\", "/")).filter((path) => !path.startsWith("node_modules/"));
}

/** The first program of a README. */
function exampleOf(readme: string): string {
  const [, program] = /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, "utf8")) ?? [];
  if (program === undefined) throw new Error(`${readme} has no program`);
  return program;
}

describe.skipIf(missing !== undefined)(`the packed packages${missing === undefined ? "" : ` (${missing})`}`, () => {
  const folder = temporaryFolder();
  const folderOf = (manager: Manager) => join(folder, manager);
  const installed = (name: string) => join(folderOf("npm"), "node_modules", name);
  const { devDependencies } = readJson(REPOSITORY, "packages/cli/package.json") as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const { dependencies } = readJson(REPOSITORY, "packages/cli/package.json") as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  let archives: ReturnType<typeof pack>;

  beforeAll(() => {
    archives = pack(folder);
    for (const manager of ["npm", "pnpm"] as const) {
      const runtime = `onnxruntime-node@${dependencies["onnxruntime-node"]}`;
      install(folderOf(manager), manager, [archives.core, archives.cli, runtime]);
    }
  });

  describe("hold what belongs to them:", () => {
    const about = /^(package\.json|README\.md|LICENSE)$/;

    test("core its code and its sources, without tests, and nothing that was built before", () => {
      const files = filesOf(installed("@esnas/core"));
      const code = /^(dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.ts)$/;
      expect(files.filter((path) => !about.test(path) && !code.test(path))).toEqual([]);
      expect(files.filter((path) => path.includes(".test."))).toEqual([]);
      expect(files).toEqual(
        expect.arrayContaining(["README.md", "LICENSE", "dist/index.js", "dist/testing/index.d.ts"]),
      );
      const sourceOf = (path: string) => path.replace(/^dist\//, "src/").replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
      expect(files.filter((path) => path.startsWith("dist/") && !files.includes(sourceOf(path)))).toEqual([]);
    });

    test("core the source that each of its maps names", () => {
      const core = installed("@esnas/core");
      const lost = filesOf(core)
        .filter((path) => path.endsWith(".map"))
        .flatMap((path) => {
          const { sources } = readJson(core, path) as { readonly sources: readonly string[] };
          return sources.filter((source) => !existsSync(join(core, dirname(path), source)));
        });
      expect(lost).toEqual([]);
    });

    test("the command its bundle and the page of the studio, with licenses", () => {
      const files = filesOf(installed("esnas"));
      const code =
        /^(bin\/esnas\.js|bundle\/[\w.-]+\.js|page\/(index\.html|icon\.svg|service-worker\.js|assets\/[\w.-]+\.(js|mjs|css|wasm|svg)))$/;
      const licenses = ["bundle/THIRD-PARTY-LICENSES.txt", "page/THIRD-PARTY-LICENSES.txt"];
      expect(files.filter((path) => !about.test(path) && !code.test(path)).sort()).toEqual(licenses);
      expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "bin/esnas.js", "page/index.html"]));
    });

    test("of which nothing names a folder of the machine that built them", () => {
      const texts = ["esnas", "@esnas/core"].flatMap((name) =>
        filesOf(installed(name))
          .filter((path) => !path.endsWith(".wasm"))
          .map((path) => [path, readFileSync(join(installed(name), path), "utf8")] as const),
      );
      expect(
        texts.filter(([, text]) => text.includes(folder) || text.includes(REPOSITORY)).map(([path]) => path),
      ).toEqual([]);
    });
  });

  describe("pass", () => {
    test.each(["core", "cli"] as const)("publint without a suggestion: %s", (name) => {
      expect(run(folder, [bin("publint"), "run", "--strict", archives[name]])).toMatch(/All good!/);
    });

    test("arethetypeswrong, as a package for import alone", () => {
      // It ends with another exit code than 0 where something is wrong, which is told with all that it prints.
      expect(run(folder, [bin("attw"), "--profile", "esm-only", archives.core])).toMatch(/node16 \(from ESM\): 🟢/);
    });
  });

  describe.each(["npm", "pnpm"] as const)("installed by %s", (manager) => {
    const cwd = folderOf(manager);
    const exec = [...managers[manager].exec];

    test("bring nothing along that is bundled", () => {
      const bundled = Object.keys(devDependencies).filter((name) => existsSync(join(cwd, "node_modules", name)));
      expect(bundled.filter((name) => name !== "@esnas/core" && !coreNeeds(name))).toEqual([]);
    });

    test("search", () => {
      run(cwd, [...exec, "esnas", "search", "--max-evaluations", "300", "--out", "run"]);
      expect(readJson(cwd, "run/summary.json")).toMatchObject({ evaluations: expect.anything() });
      expect(existsSync(join(cwd, "run/model.onnx"))).toBe(true);
    });

    test("serve the studio until SIGTERM", async () => {
      const [program = "", ...args] = [...exec, "esnas", "studio", "--port", "0"];
      // npx hands no signal on to what it runs: the whole group gets it, as from a terminal.
      const child = spawn(program, args, { cwd, shell, detached: !shell, stdio: ["ignore", "pipe", "inherit"] });
      const end = () => (shell ? child.kill("SIGTERM") : process.kill(-(child.pid ?? 0), "SIGTERM"));
      try {
        const [line] = (await once(createInterface(child.stdout), "line")) as [string];
        const page = await fetch(line);
        expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>")]);
        const ended = once(child, "close");
        end();
        await ended;
        await expect(fetch(line)).rejects.toThrow();
      } finally {
        if (child.exitCode === null && child.signalCode === null) end();
      }
    }, 120_000);

    test.each([
      ["bundler", "ESNext"],
      ["node16", "Node16"],
    ])("compile under moduleResolution %s, and run", (moduleResolution, module) => {
      const out = `out-${moduleResolution}`;
      writeFileSync(join(cwd, "example.ts"), exampleOf(join(REPOSITORY, "packages/core/README.md")));
      writeFileSync(
        join(cwd, "testing.ts"),
        'import * as suites from "@esnas/core/testing";\n\nexport const names: readonly string[] = Object.keys(suites);\n',
      );
      const options = ["--strict", "--target", "ES2023", "--lib", "ES2023,DOM", "--outDir", out, "--types", ""];
      run(cwd, [
        bin("tsc"),
        ...options,
        "--module",
        module,
        "--moduleResolution",
        moduleResolution,
        "example.ts",
        "testing.ts",
      ]);
      expect(run(cwd, [process.execPath, join(out, "example.js")])).toMatch(/parameters/);
    });
  });
});

function coreNeeds(name: string): boolean {
  const { dependencies } = readJson(REPOSITORY, "packages/core/package.json") as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return name in dependencies;
}
