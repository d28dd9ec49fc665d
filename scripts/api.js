/**
 * @file `npm run api`: the reports of what `@esnas/core` exports, one for each entry point, in `packages/core/api`. A change of what programs
 * build on is seen there. With `--check`, which `test/api.test.ts` runs, it writes nothing and fails where a report differs. It fails too
 * where a name has no documentation, or a type of a signature cannot be imported from any entry point.
 */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { TSDocConfigFile } from "@microsoft/tsdoc-config";

const repository = fileURLToPath(new URL("..", import.meta.url));
const core = join(repository, "packages/core");
const reports = join(core, "api");

/** Entry points by the names of their reports. */
const entryPoints = { core: "index.d.ts", plugin: "plugin.d.ts", testing: "testing/index.d.ts" };

/**
 * Types of signatures may be had from another of the entry points.
 * @param {import("@microsoft/api-extractor").ExtractorMessage} message
 */
function isExportedElsewhere({ messageId, text }) {
  if (messageId !== "ae-forgotten-export") return false;
  const symbol = /symbol "(\w+)"/.exec(text)?.[1];
  return Object.values(entryPoints).some((path) => exportsOf(path).has(symbol));
}

/** @param {string} path */
function exportsOf(path) {
  const text = readFileSync(join(core, "dist", path), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  return new Set(
    [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names]) => names.match(/\w+(?=\s*(?:,|$))/g)),
  );
}

/**
 * Compares the report of an entry point with what was built.
 * @param {keyof typeof entryPoints} name
 * @param {boolean} update Whether to write the report.
 * @returns {{ changed: boolean, messages: string[] }} Messages are errors and warnings.
 */
function compare(name, update) {
  mkdirSync(reports, { recursive: true });
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: core,
      mainEntryPointFilePath: join(core, "dist", entryPoints[name]),
      compiler: { tsconfigFilePath: join(core, "tsconfig.json") },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: reports,
        reportTempFolder: join(repository, "node_modules/.cache/api"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: "warning" } },
        extractorMessageReporting: {
          default: { logLevel: "warning" },
          // Everything that is exported is public: what is not is in an entry point of its own.
          "ae-missing-release-tag": { logLevel: "none" },
        },
        tsdocMessageReporting: { default: { logLevel: "warning" } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(core, "package.json"),
    tsdocConfigFile: TSDocConfigFile.loadForFolder(core),
  });
  const messages = [];
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel !== "warning" && message.logLevel !== "error") return;
      if (message.messageId.startsWith("console-") || isExportedElsewhere(message)) return;
      messages.push(message.formatMessageWithLocation(repository));
    },
  });
  return { changed: apiReportChanged, messages };
}

const isCheck = process.argv.includes("--check");
for (const name of /** @type {(keyof typeof entryPoints)[]} */ (Object.keys(entryPoints))) {
  const { changed, messages } = compare(name, !isCheck);
  const path = `packages/core/api/${name}.api.md`;
  if (changed && isCheck)
    messages.push(`${path} is not what was built: run npm run api, and look at what changes for users`);
  else console.log(`${path}: ${changed ? "updated" : "unchanged"}`);
  for (const message of messages) console.error(message);
  if (messages.length > 0) process.exitCode = 1;
}
