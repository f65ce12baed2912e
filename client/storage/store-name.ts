import { VaultError } from "../errors.ts";

/** A store as it is written, taken apart. */
export type StoreName =
  | { readonly kind: "dir"; readonly folder: string }
  | { readonly kind: "ipfs"; readonly api: string; readonly gateways: readonly string[] }
  | { readonly kind: "gateways"; readonly gateways: readonly string[] }
  | { readonly kind: "chain" }
  | { readonly kind: "mirror"; readonly quorum: number | null; readonly stores: readonly StoreName[] };

/** What was written names no store. It is not repeated where it may hold a secret. */
export class InvalidStoreName extends VaultError {}

/** Where folders can be stores: the whole path of one, as it is kept. */
export type FolderOf = (path: string) => string;

const WITHOUT_FOLDERS = "ipfs:RPC[,GATEWAY…], gateways:URL[,URL…], chain, or mirror:[QUORUM/]STORE+STORE…";

/** How a store is named, where folders can be stores. */
export const STORE_SYNTAX = `dir:PATH, ${WITHOUT_FOLDERS}`;

/** Stores of a mirror stand between plus signs; one in a path or an address is none unless a store's name follows. */
const BETWEEN = /\+(?=(?:dir|ipfs|gateways):|chain(?:\+|$))/;

/** A path shows by a separator or a dot in front; `C:\\x` is one, `ftp://x` and `ipfs.io:5001` are not. */
const isPath = (text: string): boolean =>
  text.startsWith(".") || (/[/\\]/.test(text) && !/^[a-z][\w.-]+:/i.test(text));

/**
 * Takes a store's name apart.
 *
 * @param text - What a person wrote, or a profile keeps.
 * @param folderOf - Given where folders can be stores. A path alone is a folder then, and a bare word is none: it would be a
 * store that was mistyped.
 * @returns Its parts.
 * @throws {InvalidStoreName} when it names no store.
 */
export function parseStoreName(text: string, folderOf: FolderOf | null): StoreName {
  if (text === "chain") return { kind: "chain" };
  const [, kind = "dir", rest = ""] = /^(dir|ipfs|gateways|mirror):(.*)$/s.exec(text) ?? ["", "dir", text];
  if (rest === "") throw noStore(text, folderOf);
  if (kind === "dir") return folderIn(text, rest, folderOf);
  if (kind === "mirror") return mirrorIn(rest, folderOf);
  const [api = "", ...gateways] = rest.split(",").map(addressIn);
  return kind === "ipfs" ? { kind, api, gateways } : { kind: "gateways", gateways: [api, ...gateways] };
}

function folderIn(text: string, rest: string, folderOf: FolderOf | null): StoreName {
  if (folderOf === null) throw noStore(text, folderOf);
  if (rest === text && !isPath(text))
    throw noStore(text, folderOf, ` A folder of that name is dir:${text}, or ./${text}.`);
  return { kind: "dir", folder: folderOf(rest) };
}

function mirrorIn(rest: string, folderOf: FolderOf | null): StoreName {
  const [, quorum, several = rest] = /^(\d+)\/(.*)$/s.exec(rest) ?? [];
  const stores = several.split(BETWEEN).map((store) => parseStoreName(store, folderOf));
  if (stores.some((store) => store.kind === "mirror"))
    throw new InvalidStoreName("A mirror has no mirror in it.");
  const most = quorum === undefined ? 1 : Number(quorum);
  const keepers = stores.filter((store) => store.kind !== "gateways").length;
  if (most < 1 || most > keepers)
    throw new InvalidStoreName(`A quorum of ${most} among ${keepers} stores that are written to cannot be.`);
  return { kind: "mirror", quorum: quorum === undefined ? null : most, stores };
}

const noStore = (text: string, folderOf: FolderOf | null, more = ""): InvalidStoreName =>
  new InvalidStoreName(
    `${JSON.stringify(text)} names no store${folderOf === null ? " here" : ""}: ` +
      `${folderOf === null ? WITHOUT_FOLDERS : STORE_SYNTAX}.${more}`,
  );

/** @throws {InvalidStoreName} when it is no address, or holds what must not be written there; it is not repeated then. */
function addressIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidStoreName("A node or a gateway has an address that begins with http:// or https://.");
  if (url.username !== "" || url.password !== "")
    throw new InvalidStoreName("An address must not hold a password: a node's token has a place of its own.");
  return text;
}

/** The one way to write a store's name: what {@link parseStoreName} takes apart. */
export function storeNameText(name: StoreName): string {
  switch (name.kind) {
    case "dir":
      return `dir:${name.folder}`;
    case "ipfs":
      return `ipfs:${[name.api, ...name.gateways].join(",")}`;
    case "gateways":
      return `gateways:${name.gateways.join(",")}`;
    case "chain":
      return "chain";
    case "mirror":
      return `mirror:${name.quorum === null ? "" : `${name.quorum}/`}${name.stores.map(storeNameText).join("+")}`;
  }
}
