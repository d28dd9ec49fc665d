/**
 * @file Text of unknown origin on its way to a terminal. Names in files can hold control characters that a terminal obeys, and marks
 * that change the direction of what follows. They are shown as JSON escapes, so that JSON text stays equal JSON.
 */

/** Control and format characters, separators of lines and paragraphs, and halves of surrogate pairs. */
const NOT_SHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

function escaped(character: string): string {
  let text = "";
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return text;
}

/** The text with `\u001b` for an escape, and so on for all that a reader would not see, line breaks included. */
export function printable(text: string): string {
  return text.replaceAll(NOT_SHOWN, escaped);
}

/** As `printable`, for text of several lines: line feeds stay. */
export function printableLines(text: string): string {
  return text.replaceAll(NOT_SHOWN, (character) => (character === "\n" ? character : escaped(character)));
}

/** A message of unknown origin as one line: white space of any kind becomes a space. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, " ").trim());
}
