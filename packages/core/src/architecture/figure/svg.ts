/** @file SVG as a tree of plain data, and the one place where it becomes text, so that nothing is written unescaped. */

export interface SvgElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Elements, or the text inside. */
  readonly content: readonly SvgElement[] | string;
}

export function element(
  name: string,
  attributes: SvgElement["attributes"],
  content: SvgElement["content"] = [],
): SvgElement {
  return { name, attributes, content };
}

/** XML text, an element a line, save inside a text, where line breaks would be spaces. Numbers are rounded to hundredths. */
export function render({ name, attributes, content }: SvgElement, indent = ""): string {
  const start = `${indent}<${name}${Object.entries(attributes).map(renderAttribute).join("")}`;
  if (typeof content === "string") return `${start}>${escapeXml(content)}</${name}>`;
  if (content.length === 0) return `${start}/>`;
  if (name === "text") return `${start}>${content.map((child) => render(child)).join("")}</${name}>`;
  return [`${start}>`, ...content.map((child) => render(child, `${indent}  `)), `${indent}</${name}>`].join("\n");
}

function renderAttribute([name, value]: [string, string | number]): string {
  return ` ${name}="${escapeXml(typeof value === "number" ? String(hundredths(value)) : value)}"`;
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** What XML 1.0 (section 2.2) forbids even when escaped: control characters, lone surrogates and the like. */
const forbidden = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escapeXml(text: string): string {
  return text.replace(forbidden, "\uFFFD").replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
