/** @file What plugins get for `@esnas/core/plugin`: the modules that this program itself runs, whatever is installed beside a plugin. */

export * from "@esnas/core/plugin";
