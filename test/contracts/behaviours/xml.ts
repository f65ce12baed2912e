/**
 * Reads a document as XML 1.0 with namespaces, without a document type, CDATA and processing instructions, which a
 * picture does not need.
 *
 * @returns the attributes of its root.
 * @throws {SyntaxError} when it is not well-formed, or not an element `name` of `namespace`.
 */
export function readXml(xml: string, name: string, namespace: string): ReadonlyMap<string, string> {
  const open: Element[] = [];
  let root: Element | undefined;
  let rest = xml.replace(
    /^<\?xml version="1\.0"( encoding="[Uu][Tt][Ff]-8")?( standalone="(yes|no)")?\s*\?>/,
    "",
  );
  while (rest !== "") {
    const token = TOKEN.exec(rest);
    if (token === null) throw new SyntaxError(`not well-formed at: ${rest.slice(0, 40)}`);
    rest = rest.slice(token[0].length);
    const { text, closing, opening, attributes, empty } = token.groups as Partial<Record<string, string>>;
    if (text !== undefined) {
      if (open.length === 0 && text.trim() !== "") throw new SyntaxError(`text outside of the root: ${text}`);
    } else if (closing !== undefined) {
      if (open.pop()?.name !== closing) throw new SyntaxError(`an unexpected </${closing}>`);
    } else if (opening !== undefined) {
      if (open.length === 0 && root !== undefined) throw new SyntaxError("more than one root");
      const element = elementOf(opening, attributes ?? "", open.at(-1));
      root ??= element;
      if (empty !== "/") open.push(element);
    }
  }
  if (open.length > 0) throw new SyntaxError(`<${open.at(-1)?.name ?? ""}> is not closed`);
  if (root === undefined) throw new SyntaxError("no root");
  if (localName(root.name) !== name || namespaceOf(root, root.name) !== namespace)
    throw new SyntaxError(`the root is not ${name} of ${namespace}`);
  return root.attributes;
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** By prefix; the empty one is the default. */
  readonly namespaces: ReadonlyMap<string, string>;
}

const NAME = String.raw`[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?`;
const REFERENCE = String.raw`&(?:lt|gt|amp|quot|apos|#\d+|#x[\dA-Fa-f]+);`;
// Characters that XML does not know make no token.
const CHARACTER = String.raw`[^<&\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]`;
const VALUE = String.raw`"(?:(?!")${CHARACTER}|${REFERENCE})*"|'(?:(?!')${CHARACTER}|${REFERENCE})*'`;

const TOKEN = new RegExp(
  [
    String.raw`^<!--(?:(?!--)[^])*-->`,
    String.raw`^</(?<closing>${NAME})\s*>`,
    String.raw`^<(?<opening>${NAME})(?<attributes>(?:\s+${NAME}\s*=\s*(?:${VALUE}))*)\s*(?<empty>/?)>`,
    String.raw`^(?<text>(?:(?!\]\]>)${CHARACTER}|${REFERENCE})+)`,
  ].join("|"),
  "u",
);
const ATTRIBUTE = new RegExp(String.raw`(?<name>${NAME})\s*=\s*(?<value>${VALUE})`, "gu");

function elementOf(name: string, source: string, parent: Element | undefined): Element {
  const attributes = new Map<string, string>();
  const namespaces = new Map(parent?.namespaces ?? [["xml", "http://www.w3.org/XML/1998/namespace"]]);
  for (const { groups } of source.matchAll(ATTRIBUTE)) {
    const { name: attribute = "", value = "" } = groups ?? {};
    if (attributes.has(attribute)) throw new SyntaxError(`<${name}> has ${attribute} twice`);
    attributes.set(attribute, value.slice(1, -1));
    if (attribute === "xmlns") namespaces.set("", value.slice(1, -1));
    if (attribute.startsWith("xmlns:")) namespaces.set(localName(attribute), value.slice(1, -1));
  }
  const element = { name, attributes, namespaces };
  for (const qualified of [name, ...attributes.keys()])
    if (
      qualified.includes(":") &&
      !qualified.startsWith("xmlns:") &&
      namespaceOf(element, qualified) === undefined
    )
      throw new SyntaxError(`${qualified} has no namespace`);
  return element;
}

const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

const namespaceOf = ({ namespaces }: Element, name: string): string | undefined =>
  namespaces.get(name.slice(0, Math.max(0, name.indexOf(":"))));
