import { Ajv } from "ajv";
import { AssertionError, expect } from "chai";

import type { Connection } from "./behaviour.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import { supports } from "./erc165.ts";
import type { ERC721Adapter } from "./erc721.ts";
import type { Account, Port } from "./port.ts";
import { cast, portOf } from "./port.ts";
import { readXml } from "./xml.ts";

const ABI = [
  "function name() view returns (string _name)",
  "function symbol() view returns (string _symbol)",
  "function tokenURI(uint256 _tokenId) view returns (string)",
];

const INTERFACE_ID = "0x5b5e139f";

/** The "ERC721 Metadata JSON Schema", as the EIP has it. */
const SCHEMA = {
  title: "Asset Metadata",
  type: "object",
  properties: { name: { type: "string" }, description: { type: "string" }, image: { type: "string" } },
};

interface World {
  readonly connection: Connection;
  readonly token: Port;
  readonly owner: Account;
  mint: () => Promise<bigint>;
}

async function setUp(connection: Connection, adapter: ERC721Adapter): Promise<World> {
  const [owner] = await cast(connection);
  return {
    connection,
    token: portOf(connection, adapter.address, ABI),
    owner,
    mint: async () => (await adapter.mint(owner)).tokenId,
  };
}

/** The one string that a function answers. */
async function textOf(token: Port, name: string, ...args: unknown[]): Promise<string> {
  const [text] = await token.ask(name, ...args);
  expect(text).to.be.a("string");
  return text as string;
}

/** RFC 3986: a scheme, and after it only characters that a URI may have. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[\dA-Fa-f]{2})+$/;

/** [ERC-721](https://eips.ethereum.org/EIPS/eip-721), the metadata extension. */
export const shouldBehaveLikeERC721Metadata = behaviour<ERC721Adapter, World>("ERC-721 Metadata", setUp, {
  "supportsInterface(0x5b5e139f) is true, and a contract that implements it SHALL also implement ERC721":
    async ({ connection, token }) => {
      expect(await supports(connection, token.address, INTERFACE_ID)).to.equal(true);
      expect(await supports(connection, token.address, "0x80ac58cd")).to.equal(true);
    },

  "name and symbol: strings, which an empty one is a valid response for": async ({ token }) => {
    for (const question of ["name", "symbol"]) await textOf(token, question);
  },

  "tokenURI: a distinct URI for a given asset": async ({ token, mint }) => {
    const [one, two] = [await mint(), await mint()];
    expect(await textOf(token, "tokenURI", one)).to.not.equal(await textOf(token, "tokenURI", two));
    expect(await textOf(token, "tokenURI", one)).to.equal(await textOf(token, "tokenURI", one));
  },

  "tokenURI: as URIs are defined in RFC 3986": async ({ token, mint }) => {
    expect(await textOf(token, "tokenURI", await mint())).to.match(URI);
  },

  "tokenURI throws if _tokenId is not a valid NFT": async ({ token, mint }) => {
    const tokenId = await mint();
    await textOf(token, "tokenURI", tokenId);
    await expectThrow(token.ask("tokenURI", tokenId ^ (1n << 255n)));
  },
});

/** What a reader makes of an answer; that it cannot read it is the answer's fault. */
function read<T>(what: string, reader: () => T): T {
  try {
    return reader();
  } catch (fault) {
    throw new AssertionError(`${what}: ${String(fault)}`);
  }
}

interface Resource {
  readonly mediaType: string;
  readonly content: string;
}

/** What stands in a data URI (RFC 2397). */
function resourceOf(uri: string): Resource {
  const parts = /^data:(?<mediaType>[^;,]+)(?:;charset=utf-8)?(?<base64>;base64)?,(?<data>.*)$/u.exec(uri);
  const { mediaType = "", base64, data = "" } = parts?.groups ?? {};
  if (parts === null) throw new SyntaxError(`no data URI: ${uri.slice(0, 40)}`);
  if (base64 === undefined) return { mediaType, content: decodeURIComponent(data) };
  const bytes = Buffer.from(data, "base64");
  if (bytes.toString("base64") !== data) throw new SyntaxError("not canonical base64");
  return { mediaType, content: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
}

async function metadataOf({ token, mint }: World): Promise<Record<string, unknown>> {
  const uri = await textOf(token, "tokenURI", await mint());
  const { mediaType, content } = read("tokenURI", () => resourceOf(uri));
  expect(mediaType).to.equal("application/json");
  return read("JSON", () => JSON.parse(content) as Record<string, unknown>);
}

async function imageOf(world: World): Promise<Resource> {
  const { image } = await metadataOf(world);
  return read("image", () => resourceOf(String(image)));
}

/** The attributes of the picture's root. */
async function svgOf(world: World): Promise<ReadonlyMap<string, string>> {
  const { mediaType, content } = await imageOf(world);
  expect(mediaType).to.equal("image/svg+xml");
  return read("SVG", () => readXml(content, "svg", "http://www.w3.org/2000/svg"));
}

/** The same of tokens whose metadata stand on chain, in data URIs, with an SVG for an image. */
export const shouldHaveMetadataOnChain = behaviour<ERC721Adapter, World>(
  "ERC-721 Metadata, on chain",
  setUp,
  {
    'the URI points to JSON that conforms to the "ERC721 Metadata JSON Schema"': async (world) => {
      const metadata = await metadataOf(world);
      const ajv = new Ajv();
      expect(ajv.validate(SCHEMA, metadata), ajv.errorsText()).to.equal(true);
      expect(metadata).to.include.all.keys("name", "description", "image");
    },

    "image: a URI pointing to a resource with mime type image/*": async (world) => {
      expect((await metadataOf(world)).image).to.match(URI);
      expect((await imageOf(world)).mediaType).to.match(/^image\//);
    },

    "image: an SVG is a well-formed document": async (world) => {
      await svgOf(world);
    },

    "image: consider an aspect ratio between 1.91:1 and 4:5": async (world) => {
      const viewBox = (await svgOf(world)).get("viewBox") ?? "";
      const [, , width = NaN, height = NaN] = viewBox.split(/[ ,]+/).map(Number);
      expect(width / height).to.be.within(4 / 5, 1.91);
    },
  },
);
