/** @file The version of the program, which its files carry. */

export { version } from "../package.json";
