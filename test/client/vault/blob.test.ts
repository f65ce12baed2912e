import { concatBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { encodeCbor } from "../../../client/cbor.ts";
import { SEAL_OVERHEAD } from "../../../client/crypto/seal.ts";
import { AlteredError, ContentTooLarge, MalformedData } from "../../../client/errors.ts";
import {
  BLOB_SIZES,
  decodeHead,
  decodeItems,
  decodeSection,
  encodeHead,
  encodeItems,
  encodeSection,
  MAX_BLOB_DATA,
  MAX_LIST,
  MAX_SCOPES,
  MAX_SECTION_CHUNKS,
  pad,
  unpad,
  type HeadData,
  type SectionContent,
  type SectionData,
} from "../../../client/vault/blob.ts";
import { ENTRY_BYTES, MAX_HEAD_ENTRIES } from "../../../client/vault/keyring.ts";
import { seeded } from "../../helpers/seeded.ts";

const random = seeded("blob");

describe("pad", () => {
  it("gives one of four sizes, whatever the data", () => {
    const rooms = BLOB_SIZES.map((size) => size - SEAL_OVERHEAD - 4);
    const lengths = [0, 1, ...rooms.flatMap((room) => [room - 1, room, room + 1])].filter(
      (n) => n <= MAX_BLOB_DATA,
    );
    for (const length of lengths) {
      const data = random(length);
      const framed = pad(data);
      const smallest = BLOB_SIZES.find((size) => size - SEAL_OVERHEAD - 4 >= length)!;
      expect(framed).to.have.length(smallest - SEAL_OVERHEAD);
      expect(unpad(framed), `${length} bytes`).to.deep.equal(data);
    }
  });

  it("refuses data that no blob holds", () => {
    expect(pad(new Uint8Array(MAX_BLOB_DATA))).to.have.length(262_144 - SEAL_OVERHEAD);
    expect(() => pad(new Uint8Array(MAX_BLOB_DATA + 1))).to.throw(ContentTooLarge);
  });
});

describe("unpad", () => {
  const framed = pad(Uint8Array.of(1, 2, 3));
  const withLength = (length: number): Uint8Array => {
    const copy = framed.slice();
    new DataView(copy.buffer).setUint32(0, length);
    return copy;
  };

  it("refuses a frame of no blob's size", () => {
    for (const length of [0, 1, 3, 4, 5, framed.length - 1, framed.length + 1, 4_096]) {
      expect(() => unpad(new Uint8Array(length)), `${length}`).to.throw(AlteredError);
    }
  });

  it("refuses a length that leads out of the frame", () => {
    expect(unpad(withLength(framed.length - 4))).to.have.length(framed.length - 4);
    for (const length of [framed.length - 3, framed.length, 2 ** 31, 2 ** 32 - 1]) {
      expect(() => unpad(withLength(length)), `${length}`).to.throw(AlteredError);
    }
  });

  it("refuses bytes hidden behind the data", () => {
    for (const place of [7, 8, 1_000, framed.length - 1]) {
      const copy = framed.slice();
      copy[place] = 1;
      expect(() => unpad(copy), `byte ${place}`).to.throw(AlteredError, "padding");
    }
    expect(() => unpad(withLength(2)), "a shorter length").to.throw(AlteredError, "padding");
  });

  it("reads a frame that is a part of larger memory", () => {
    const within = concatBytes(random(13), framed, random(5)).subarray(13, 13 + framed.length);
    expect(unpad(within)).to.deep.equal(Uint8Array.of(1, 2, 3));
  });
});

const head: HeadData = {
  epoch: 3,
  keyringSalt: random(32),
  entries: random(16 * 80),
  pages: [{ firstTag: random(32), digest: random(32) }],
  sections: [random(200), random(81)],
};

const section = (content: SectionContent, more: Partial<SectionData> = {}): SectionData => ({
  content,
  list: [{ digest: random(32), sequence: 9n, epoch: 2, scopeKey: random(32) }],
  count: 12,
  scopeSalt: random(32),
  path: [random(32), random(32)],
  scopeIds: [random(16)],
  ...more,
});

/** Every way to take a CBOR array apart by one field: missing, added, or of another type. */
const mangled = (fields: readonly unknown[]): [string, Uint8Array][] => [
  ["a field missing", encodeCbor(fields.slice(1))],
  ["a field more", encodeCbor([...fields, null])],
  ...fields.map((_, i): [string, Uint8Array] => [
    `field ${i} of another type`,
    encodeCbor(fields.with(i, { no: 1 })),
  ]),
  ["no array", encodeCbor({ version: 1 })],
  ["no CBOR", Uint8Array.of(0xff, 0xff)],
  ["nothing", new Uint8Array(0)],
];

describe("head codec", () => {
  const fields = [
    1,
    3,
    head.keyringSalt,
    head.entries,
    [[head.pages[0]!.firstTag, head.pages[0]!.digest]],
    head.sections,
  ];

  it("comes back as it was", () => {
    expect(decodeHead(encodeHead(head))).to.deep.equal(head);
    const bare: HeadData = { ...head, epoch: 0, entries: new Uint8Array(0), pages: [], sections: [] };
    expect(decodeHead(encodeHead(bare))).to.deep.equal(bare);
    const late = { ...bare, epoch: 0xffff_ffff };
    expect(decodeHead(encodeHead(late))).to.deep.equal(late);
  });

  it("is the array that the specification names", () => {
    expect(encodeHead(head)).to.deep.equal(encodeCbor(fields));
  });

  for (const [name, bytes] of mangled(fields)) {
    it(`refuses ${name}`, () => {
      expect(() => decodeHead(bytes)).to.throw(MalformedData);
    });
  }

  it("refuses another version, and an epoch beyond 32 bits", () => {
    expect(() => decodeHead(encodeCbor(fields.with(0, 2)))).to.throw(MalformedData, "version 2");
    expect(() => decodeHead(encodeCbor(fields.with(1, 2 ** 32)))).to.throw(MalformedData);
    expect(() => decodeHead(encodeCbor(fields.with(1, -1)))).to.throw(MalformedData);
  });

  it("refuses more sections than a vault has scopes", () => {
    const sections = (count: number) => encodeHead({ ...head, sections: new Array(count).fill(random(80)) });
    expect(decodeHead(sections(MAX_SCOPES)).sections).to.have.length(MAX_SCOPES);
    expect(() => decodeHead(sections(MAX_SCOPES + 1))).to.throw(MalformedData, "65 sections");
  });

  it("refuses bytes left over, so that one head has one encoding", () => {
    expect(() => decodeHead(concatBytes(encodeHead(head), Uint8Array.of(0)))).to.throw(MalformedData);
  });
});

describe("section codec", () => {
  const contents: SectionContent[] = [
    { kind: "none" },
    { kind: "inline", items: [random(40), random(16)] },
    { kind: "inline", items: [] },
    { kind: "chunks", digests: [random(32), random(32)] },
    { kind: "index", digest: random(32) },
  ];

  it("comes back as it was, whatever it holds", () => {
    for (const content of contents) {
      const data = section(content);
      expect(decodeSection(encodeSection(data)), content.kind).to.deep.equal(data);
    }
  });

  const entry: readonly unknown[] = [random(32), 9, 2, random(32)];
  const fields: readonly unknown[] = [1, null, [entry], 12, random(32), [random(32)], [random(16)]];

  for (const [name, bytes] of mangled(fields)) {
    it(`refuses ${name}`, () => {
      expect(() => decodeSection(bytes)).to.throw(MalformedData);
    });
  }

  it("refuses another version", () => {
    expect(() => decodeSection(encodeCbor(fields.with(0, 0)))).to.throw(MalformedData, "version 0");
  });

  it("refuses content of an unknown kind, and digests of another length", () => {
    for (const content of [
      [3, random(32)],
      [0, random(32)],
      [1, [random(31)]],
      [2, random(33)],
      [1],
      [1, [], 0],
    ]) {
      expect(() => decodeSection(encodeCbor(fields.with(1, content)))).to.throw(MalformedData);
    }
  });

  it("refuses a list entry that is not digest, sequence, epoch and key", () => {
    const wrong: (readonly unknown[])[] = [
      ...[entry.slice(1), [...entry, 0], entry.with(0, random(31)), entry.with(3, random(33))],
      ...[entry.with(1, -1), entry.with(1, 1.5), entry.with(2, 2 ** 32), entry.with(2, "2")],
    ];
    for (const fault of wrong)
      expect(() => decodeSection(encodeCbor(fields.with(2, [fault])))).to.throw(MalformedData);
  });

  it("refuses a list longer than 16 and more chunks than 48", () => {
    const listed = (length: number) => encodeCbor(fields.with(2, new Array(length).fill(entry)));
    const chunks = (length: number) => encodeCbor(fields.with(1, [1, new Array(length).fill(random(32))]));
    expect(decodeSection(listed(MAX_LIST)).list).to.have.length(16);
    expect(() => decodeSection(listed(MAX_LIST + 1))).to.throw(MalformedData, "list of 17");
    expect(decodeSection(chunks(MAX_SECTION_CHUNKS)).content).to.have.property("kind", "chunks");
    expect(() => decodeSection(chunks(MAX_SECTION_CHUNKS + 1))).to.throw(MalformedData);
  });

  it("fits a head with everything at its largest: 64 scopes, full lists, full chunks, a full keyring", () => {
    const largest: SectionData = {
      content: { kind: "chunks", digests: new Array(MAX_SECTION_CHUNKS).fill(random(32)) },
      list: new Array(MAX_LIST).fill({
        ...{ digest: random(32), scopeKey: random(32), epoch: 0xffff_ffff },
        sequence: BigInt(Number.MAX_SAFE_INTEGER),
      }),
      count: Number.MAX_SAFE_INTEGER,
      scopeSalt: random(32),
      path: new Array(6).fill(random(32)),
      scopeIds: [],
    };
    const zero = { ...largest, scopeIds: new Array(62).fill(random(16)) };
    const sealed = (data: SectionData) => new Uint8Array(encodeSection(data).length + SEAL_OVERHEAD);
    const full: HeadData = {
      epoch: 0xffff_ffff,
      keyringSalt: random(32),
      entries: new Uint8Array(MAX_HEAD_ENTRIES * ENTRY_BYTES),
      pages: [],
      sections: [sealed(zero), ...Array.from({ length: MAX_SCOPES - 1 }, () => sealed(largest))],
    };
    expect(encodeHead(full).length).to.be.at.most(MAX_BLOB_DATA);
  });
});

describe("items codec", () => {
  it("comes back as it was", () => {
    for (const items of [[], [random(16)], [random(300), random(16), random(1)]]) {
      expect(decodeItems(encodeItems(items))).to.deep.equal(items);
    }
  });

  it("refuses what is no array of byte strings", () => {
    for (const value of [null, 1, "text", [1], [null], [[random(3)]]]) {
      expect(() => decodeItems(encodeCbor(value))).to.throw(MalformedData);
    }
  });
});
