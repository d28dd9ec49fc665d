/**
 * @file Licences of the packages whose code is in a bundle, as a file beside it. A plugin for Rolldown and Vite: what it names is what
 * the bundle has, not what is installed. Workers that Vite builds apart are gathered into the same list.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const LICENSES = "THIRD-PARTY-LICENSES.txt";
const RULE = "-".repeat(80);
const HEADER = "Code of the following packages is part of the files beside this one. Each is under its own license.";

/** The folder of the package that a module is part of; undefined for our own. */
function packageFolder(id) {
  // Names of modules that bundlers make begin with a zero byte, and addresses of assets end with a query.
  const path = id.replace(/^\0/, "").replace(/\?.*$/, "");
  if (!path.includes("node_modules")) return undefined;
  let folder = dirname(path);
  // Some packages have a package.json without a name in the folders of their code.
  while (!existsSync(join(folder, "package.json")) || manifest(folder).version === undefined) {
    if (folder === dirname(folder)) return undefined;
    folder = dirname(folder);
  }
  return folder;
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** A field of package.json that is text, or an object with a name or an address. */
function line(field = "") {
  return typeof field === "string" ? field : (field.name ?? field.url ?? "");
}

function entry(folder) {
  const { name, version, license, author, repository } = manifest(folder);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice|third.?party)/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0)
    texts.push(`Comes without the text of its license. ${line(author)} ${line(repository)}`.trim());
  return [`${name} ${version}: ${license}`, ...texts].join("\n\n");
}

/** A plugin, and one for the workers of the same build. */
export function thirdPartyLicenses() {
  const folders = new Set();
  const gather = (bundle) => {
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.type === "chunk" ? Object.keys(chunk.modules) : []) {
        const folder = packageFolder(id);
        if (folder !== undefined) folders.add(folder);
      }
    }
  };
  return {
    workers: { name: "third-party-licenses-of-workers", generateBundle: (_, bundle) => gather(bundle) },
    main: {
      name: "third-party-licenses",
      generateBundle(_, bundle) {
        gather(bundle);
        const entries = [...new Set([...folders].map(entry))].sort();
        this.emitFile({
          type: "asset",
          fileName: LICENSES,
          source: `${[HEADER, ...entries].join(`\n\n${RULE}\n\n`)}\n`,
        });
      },
    },
  };
}
