import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { Encrypter } from "age-encryption";
import { expect } from "chai";

import { readConfig, writeConfig } from "../../apps/cli/config.ts";
import { drawKeys, WrongPassphrase } from "../../apps/cli/keys.ts";
import {
  openProfile,
  ProfileBroken,
  readDeployment,
  rememberVault,
  saveDeployment,
  vaultsOf,
} from "../../apps/cli/profile.ts";
import { thrown } from "../helpers/thrown.ts";

const CONTRACT = `0x${"5e".repeat(20)}`;

describe("a profile whose files are not what they were", () => {
  let root: string;
  let home: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "memvault-"));
    home = path.join(root, "profile");
    await mkdir(path.join(home, "deployments"), { recursive: true, mode: 0o700 });
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = (file: string, text: string | Uint8Array) => writeFile(path.join(home, file), text);

  /** What any JSON file may hold besides an object. */
  const OTHERS = ["", "null", "true", "7", '"text"', "[]", "{}", "[null]", "[7]", "[[]]", "{", "\u0000"];

  async function refuses(
    file: string,
    texts: readonly string[],
    read: () => Promise<unknown>,
  ): Promise<void> {
    for (const text of texts) {
      await write(file, text);
      const fault = await thrown(read());
      expect(fault, text).to.be.instanceOf(ProfileBroken).with.property("file", path.join(home, file));
    }
  }

  it("names its configuration", async () => {
    const config = { rpc: "https://rpc.example.org", secondRpc: null, store: "/srv/blobs", keystore: null };
    await writeConfig(home, config);
    expect(await readConfig(home)).to.deep.equal(config);
    // A list has none of the fields, as an empty object has none: that is the configuration of who said nothing.
    const wrong = [
      "",
      "null",
      "{",
      '{"rpc":7}',
      '{"rpc":null}',
      '{"secondRpc":7}',
      '{"store":{}}',
      '{"keystore":[]}',
    ];
    await refuses("config.json", wrong, () => readConfig(home));
  });

  it("names its list of vaults", async () => {
    const known = { chainId: 1n, contract: CONTRACT, vaultId: 7n, label: "mine", role: "owner" } as const;
    await rememberVault({ home } as never, known);
    expect(await vaultsOf({ home })).to.deep.equal([known]);
    const entry = {
      chainId: "1",
      contract: CONTRACT,
      vaultId: `0x${"0".repeat(64)}`,
      label: "x",
      role: "owner",
    };
    const wrong = Object.entries({
      chainId: [1, "-1", "0x1", "1e3", null],
      contract: ["0x", 7, `${CONTRACT}00`, null],
      vaultId: ["7", "0x7", true, null],
      label: [7, null, {}],
      role: ["admin", "", null],
    }).flatMap(([field, values]) => values.map((value) => JSON.stringify([{ ...entry, [field]: value }])));
    const none = OTHERS.filter((text) => text !== "[]");
    await refuses("vaults.json", [...none, ...wrong], () => vaultsOf({ home }));
  });

  it("names a deployment", async () => {
    const deployment = {
      chainId: 5n,
      memoryVault: CONTRACT,
      keyRegistry: CONTRACT,
      blobLog: CONTRACT,
      block: 3,
    };
    await saveDeployment(home, deployment);
    expect(await readDeployment(home, 5n)).to.deep.equal(deployment);
    const wrong = [
      { memoryVault: 7 },
      { keyRegistry: "vitalik.eth" },
      { blobLog: null },
      { block: -1 },
      { block: 1.5 },
      { block: "3" },
    ].map((part) => JSON.stringify({ ...deployment, chainId: "5", ...part }));
    await refuses("deployments/5.json", [...OTHERS, ...wrong], () => readDeployment(home, 5n));
  });

  it("names its keys, and says nothing of what is in them", async () => {
    const canary = "ca".repeat(32);
    const entry = { version: 1, ...drawKeys(), journalKey: canary };
    const wrong = Object.entries({
      version: [0, 2, "1", null],
      journalKey: [canary.slice(2), `${canary}00`, "x".repeat(64), 7, null],
      identity: [canary, `age1${canary}`, 7, null],
      account: [canary, `0x${canary}00`, 7, null],
      seed: [canary.slice(2), 7, {}, undefined],
    }).flatMap(([field, values]) => values.map((value) => JSON.stringify({ ...entry, [field]: value })));
    for (const text of [...OTHERS, ...wrong]) {
      await write("keys.json", text);
      const fault = await thrown(openProfile(home, () => Promise.resolve("")));
      expect(fault, text).to.be.instanceOf(ProfileBroken);
      expect(JSON.stringify(fault) + String(fault) + String((fault as Error).cause)).to.not.include("caca");
    }
  });
});

describe("a file of sealed keys", () => {
  let home: string;
  let file: Uint8Array;
  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-"));
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(10);
    encrypter.setPassphrase("right");
    const entry = { version: 1, ...drawKeys(), journalKey: "ab".repeat(32) };
    file = await encrypter.encrypt(JSON.stringify(entry));
  });
  after(() => rm(home, { recursive: true }));

  const open = async (bytes: Uint8Array, passphrase = "right") => {
    await writeFile(path.join(home, "keys.age"), bytes);
    return openProfile(home, () => Promise.resolve(passphrase));
  };

  const withFactor = (factor: string): Uint8Array => {
    const text = Buffer.from(file).toString("latin1");
    return new Uint8Array(Buffer.from(text.replace(/^(.*\n-> scrypt \S+ )10\n/, `$1${factor}\n`), "latin1"));
  };

  it("opens with its passphrase, whatever work factor up to age's own it was sealed with", async () => {
    expect((await open(file)).keys.journalKey).to.deep.equal(new Uint8Array(32).fill(0xab));
    for (const wrong of ["wrong", "Right", "right ", "", "e\u0301"])
      expect(await thrown(open(file, wrong))).to.be.instanceOf(WrongPassphrase);
  });

  it("takes no memory that its header asks for beyond that: it is broken, and no passphrase is tried", async () => {
    const before = process.resourceUsage().maxRSS;
    for (const factor of [
      "19",
      "20",
      "21",
      "24",
      "30",
      "62",
      "63",
      "64",
      "99",
      "100",
      "0",
      "00",
      "010",
      "-1",
      "1e1",
      "x",
    ]) {
      expect(await thrown(open(withFactor(factor))), factor).to.be.instanceOf(ProfileBroken);
    }
    // 2^19 would take 512 MiB.
    expect(process.resourceUsage().maxRSS - before).to.be.below(256 * 1_024);
  });

  it("is refused by a named error wherever it is cut, and for any bit of its header that is turned", async () => {
    for (let length = 0; length < file.length; length += 13) {
      const fault = await thrown(open(file.subarray(0, length)));
      expect(
        [ProfileBroken, WrongPassphrase].some((kind) => fault instanceof kind),
        `${length}`,
      ).to.equal(true);
    }
    for (let bit = 0; bit < 62 * 8; bit += 5) {
      const altered = file.slice();
      altered[bit >> 3]! ^= 1 << (bit & 7);
      // One bit makes 11 to 18 of 10, and 50 or more: none of them opens, and none takes long.
      const fault = await thrown(open(altered));
      expect(
        [ProfileBroken, WrongPassphrase].some((kind) => fault instanceof kind),
        `${bit}`,
      ).to.equal(true);
    }
  });

  it("leaves nothing else behind", async () => {
    expect(await readdir(home)).to.deep.equal(["keys.age"]);
  });
});
