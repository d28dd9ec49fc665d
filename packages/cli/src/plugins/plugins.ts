/**
 * @file The plugins of this process: files named by `--plugin` whose metrics, spaces and blocks are added to ours. Worker processes
 * load the same files, and check that they have the same digests. Nothing but the command line has a plugin run: what a run or a
 * file records of its plugins is compared, never loaded.
 */

import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";
import { InputError, oneLine, type Settings, shellWord } from "@esnas/core/internal";
import type { Definitions } from "./definitions.js";
import type { PluginFile } from "./plugin-file.js";

export interface LoadedPlugin extends PluginFile {
  readonly definitions: Definitions;
}

/** Of one process; the identity of a program has a digest of each. */
export const MOST_PLUGINS = 16;

/** Plugins of a worker process, as JSON. */
const VARIABLE = "ESNAS_PLUGINS";

const SPECIFIER = "@esnas/core/plugin";
const API = new URL("./plugin-api.js", import.meta.url).href;

const loaded: LoadedPlugin[] = [];

/** The plugins that this process has loaded, in their order. */
export function loadedPlugins(): readonly LoadedPlugin[] {
  return loaded;
}

/**
 * Loads plugins and adds what they define.
 * @throws {InputError} where one cannot be read, throws, defines nothing, or takes a name that is taken.
 */
export async function loadPlugins(files: readonly string[]): Promise<void> {
  if (files.length > MOST_PLUGINS)
    throw new InputError(`--plugin is given ${files.length} times: at most ${MOST_PLUGINS}`);
  const { readPlugin } = await import("./plugin-file.js");
  for (const file of files) await load(await readPlugin(file));
}

/** The environment of a worker process that loads the same plugins. */
export function pluginEnvironment(): NodeJS.ProcessEnv {
  if (loaded.length === 0) return {};
  return { [VARIABLE]: JSON.stringify(loaded.map(({ path, digest }) => ({ path, digest }))) };
}

/**
 * Loads the plugins of the process that started this one; once.
 * @throws {InputError} where a file has changed since.
 */
export async function loadInheritedPlugins(): Promise<void> {
  const { [VARIABLE]: text } = process.env;
  if (text === undefined) return;
  const { readPlugin } = await import("./plugin-file.js");
  for (const { path, digest } of JSON.parse(text) as readonly { path: string; digest: string }[]) {
    const file = await readPlugin(path);
    if (file.digest !== digest) throw new InputError(`plugin "${path}" has changed since the program began`);
    await load(file);
  }
  delete process.env[VARIABLE];
}

async function load(file: PluginFile): Promise<void> {
  const twin = loaded.find(({ digest }) => digest === file.digest);
  if (twin !== undefined) throw new InputError(`plugins "${twin.file}" and "${file.file}" are the same`);
  if (loaded.length === 0) provideApi();
  const { definitionsIn, register } = await import("./definitions.js");
  try {
    const definitions = definitionsIn(await importModule(file.path));
    register(definitions);
    loaded.push({ ...file, definitions });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new InputError(`plugin "${file.file}": ${oneLine(words)}`);
  }
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND" && /'@esnas\/core'/.test(message)) {
      throw new InputError(`import from "${SPECIFIER}", not from "@esnas/core"`);
    }
    throw error;
  }
}

/** Plugins of this process that import `@esnas/core/plugin` get the modules of this program, wherever they lie. */
function provideApi(): void {
  // From Node 22.15; the other way is deprecated there.
  if ("registerHooks" in nodeModule) {
    type Next = (specifier: string, context: unknown) => unknown;
    const resolve = (specifier: string, context: { readonly parentURL?: string }, next: Next) =>
      specifier === SPECIFIER && context.parentURL !== API
        ? { url: API, shortCircuit: true }
        : next(specifier, context);
    (nodeModule.registerHooks as (hooks: { readonly resolve: typeof resolve }) => void)({ resolve });
    return;
  }
  const hook = `export const resolve = (specifier, context, next) =>
    specifier === ${JSON.stringify(SPECIFIER)} && context.parentURL !== ${JSON.stringify(API)}
      ? { url: ${JSON.stringify(API)}, shortCircuit: true } : next(specifier, context);`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/** What settings record of the plugins; absent where there are none. */
export function pluginSettings(): Pick<Settings, "plugins"> {
  return loaded.length === 0 ? {} : { plugins: loaded.map(({ file, digest }) => ({ file, digest })) };
}

/**
 * Checks that the plugins of a run are loaded.
 * @param folder Of the run, as a message names it.
 * @throws {InputError} where one is not, or has changed.
 */
export function checkPlugins({ plugins = [] }: Pick<Settings, "plugins">, folder: string): void {
  for (const { file, digest } of plugins) {
    if (loaded.some((plugin) => plugin.digest === digest)) continue;
    const changed = loaded.find((plugin) => file.endsWith(plugin.name));
    throw new InputError(
      changed === undefined
        ? `"${folder}" needs the plugin ${shellWord(file)} (digest ${digest}): add --plugin ${shellWord(file)}`
        : `"${folder}" needs the plugin ${shellWord(file)} as it was (digest ${digest}); ${shellWord(changed.file)} has digest ${changed.digest}`,
    );
  }
}
