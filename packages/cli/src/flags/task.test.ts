import {
  hybridDefaults,
  InputError,
  type Preset,
  presetNames,
  presets,
  type Settings,
  searchArguments,
  unusualStem,
} from "@esnas/core/internal";
import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SearchSettingsFlags, settingsOf, withSearchSettings } from "./search-settings.js";

/** The settings that a command line asks for. */
function settingsBy(words: readonly string[]): Settings {
  const command = withSearchSettings(new Command()).exitOverride();
  return settingsOf(command.parse(words, { from: "user" }).opts<SearchSettingsFlags>());
}

const side = fc.integer({ min: 32, max: 400 });
const stem = fc.option(fc.constantFrom("auto", "1", "2", "3", "4", "8"), { nil: undefined });
const images = fc.oneof(
  fc.constant([]),
  side.map((pixels) => ["--resolution", `${pixels}`]),
  fc.tuple(side, side).map(([height, width]) => ["--resolution", `${height}x${width}`]),
  fc.tuple(fc.integer({ min: 1, max: 64 }), side, side).map((shape) => ["--input", shape.join("x")]),
);
const preset = fc.option(fc.constantFrom(...presetNames), { nil: undefined });
const tasks = fc.record({
  images,
  stem,
  preset,
  classes: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
});
const words = tasks.map(({ images: given, stem: chosen, preset: named, classes }) => [
  ...(named === undefined ? [] : ["--preset", named]),
  ...given,
  ...(chosen === undefined ? [] : ["--stem", chosen]),
  ...(classes === undefined ? [] : ["--classes", `${classes}`]),
]);

describe("the flags of a task", () => {
  test("come back as the same settings from the command line that a search prints", () => {
    fc.assert(
      fc.property(words, (given) => {
        const settings = settingsBy(given);
        expect(settingsBy(searchArguments(settings))).toEqual(settings);
      }),
    );
  });

  test("of settings without a stem, as earlier searches have them, ask for the stem that those had", () => {
    fc.assert(
      fc.property(side, (pixels) => {
        const { spaceOptions: _, ...others } = settingsBy([]);
        const earlier = { ...others, spaceOptions: { input: [3, pixels, pixels] } };
        expect(settingsBy(searchArguments(earlier))).toEqual(earlier);
      }),
    );
  });

  test.each(presetNames)("of the preset %s are its task, and each of them can be another", (name) => {
    const { task }: Preset = presets[name];
    const own = settingsBy(["--preset", name]);
    expect(own).toMatchObject({ preset: name, constraints: presets[name].constraints, spaceOptions: task ?? {} });
    expect(searchArguments(own)).not.toContain("--input");
    const other = settingsBy(["--preset", name, "--input", "2x128x160"]);
    expect(other.spaceOptions).toEqual({ ...task, input: [2, 128, 160] });
  });

  test("of settings that have no images, beside a preset that has some, are those of the space", () => {
    const settings = { ...settingsBy(["--preset", "mcu"]), spaceOptions: {} };
    const read = settingsBy(searchArguments(settings));
    expect(read.spaceOptions).toEqual({ input: hybridDefaults.input, classes: hybridDefaults.classes });
  });

  test("leave no trace of what the space does by itself", () => {
    expect(settingsBy([]).spaceOptions).toEqual({});
    expect(settingsBy(["--stem", "auto"]).spaceOptions).toEqual({});
    expect(settingsBy(["--stem", `${hybridDefaults.stem}`]).spaceOptions).toEqual({});
    expect(settingsBy(["--resolution", "256"]).spaceOptions).toEqual({ input: [3, 256, 256] });
  });

  test("in their short form are those of colour images", () => {
    expect(settingsBy(["--resolution", "96x128"])).toEqual(settingsBy(["--input", "3x96x128"]));
    expect(unusualStem(settingsBy(["--resolution", "64"]).spaceOptions)).toBeUndefined();
  });

  test.each([
    [["--resolution", "64", "--input", "1x64x64"], /--resolution is short for --input of colour images: give one/],
    [["--stem", "17"], /--stem takes auto, or a whole number from 1 to 16, was given "17"/],
    [["--stem", "big"], /--stem takes auto, or a whole number from 1 to 16, was given "big"/],
    [["--input", "96x96"], /--input: "96x96" is no image: write channels x height x width, such as 1x96x96/],
    [["--input", "1x20x20"], /images of 20 x 20 pixels are too small/],
    [["--space", "nats-size", "--stem", "auto"], /--stem auto is of the space "hybrid"/],
  ])("are refused in one line: %j", (given, message) => {
    expect(() => settingsBy(given)).toThrow(InputError);
    expect(() => settingsBy(given)).toThrow(message);
  });
});
