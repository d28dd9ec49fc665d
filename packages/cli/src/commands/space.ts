/** @file `esnas space`: starts the file of a search space, checks one, and has the schema that editors want. */

import { grouped, hybridFileSchema, hybridFileText, hybridSpace, InputError, type Space } from "@esnas/core/internal";
import { Command, Option } from "commander";
import { oneOf } from "../flags/options.js";
import { readSpaceFile } from "../flags/space.js";
import { print, printJson } from "../report/print.js";
import { wrap } from "../report/wrap.js";

interface SpaceFlags {
  readonly print?: string;
  readonly schema?: boolean;
  readonly json?: boolean;
}

/** Spaces that have a file. */
const printed = ["hybrid"];

export function spaceCommand(): Command {
  return new Command("space")
    .argument("[file]", "YAML or JSON file of a space, to be checked")
    .addOption(
      new Option("--print <name>", `print the file of a space, to be changed: ${printed.join(", ")}`).argParser(
        oneOf("space with a file", printed),
      ),
    )
    .option("--schema", "print the JSON Schema of such files, for editors")
    .option("--json", "print what is in the file as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas space --print hybrid > my-space.yaml
  $ esnas space my-space.yaml                     check it
  $ esnas search --space my-space.yaml --max-params 1M
  $ esnas space --schema > space.schema.json      completion and checks in editors`,
    )
    .action((file: string | undefined, flags: SpaceFlags) => {
      const asked = [file, flags.print, flags.schema].filter((each) => each !== undefined);
      if (asked.length !== 1) throw new InputError("give one of these: a file, --print hybrid, or --schema");
      if (flags.print !== undefined) print(hybridFileText().trimEnd());
      else if (flags.schema === true) print(JSON.stringify(hybridFileSchema(), undefined, 2));
      else check(file ?? "", flags);
    });
}

function check(file: string, { json = false }: SpaceFlags): void {
  const options = readSpaceFile(file);
  const space = hybridSpace(options);
  if (json) printJson({ space: space.name, options, genes: space.genes });
  else print(wrap(inWords(space)));
}

function inWords({ genes }: Space): string {
  const open = genes.filter(({ values }) => values.length > 1);
  const of = (role: string) => grouped(open.filter((gene) => gene.role === role).length);
  const magnitude = open.reduce((sum, { values }) => sum + Math.log10(values.length), 0);
  return `a hybrid space with ${of("topology")} genes of topology and ${of("size")} of size: about 10^${Math.round(magnitude)} combinations`;
}
