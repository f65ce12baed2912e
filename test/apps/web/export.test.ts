import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { sealFault } from "../../../apps/web/src/pages/memories/export/errors.ts";
import { makeExport, recipientsIn } from "../../../apps/web/src/pages/memories/export/make.ts";
import {
  FIRST_PROTECTION,
  namesClassic,
  protectionFault,
  readerOf,
} from "../../../apps/web/src/pages/memories/export/protection.ts";
import { scopeCounts } from "../../../apps/web/src/pages/memories/export/render.ts";
import { look } from "../../../apps/web/src/pages/memories/sight.ts";
import { encryptExport } from "../../../client/exporters/index.ts";
import { remember, sync, type Vault } from "../../../client/index.ts";
import { createWorld, ownedVault } from "../../helpers/world.ts";

const ALL = new Set(["career", "travel"]);

const textOf = ({ bytes }: { readonly bytes: Uint8Array }): string => new TextDecoder().decode(bytes);

describe("export in the web app", () => {
  let vault: Vault;
  before(async () => {
    const world = await createWorld();
    ({ vault } = await ownedVault(world));
    await remember(vault, { scope: "career", text: "I build bridges" }, { scope: "travel", text: "Oslo" });
    await sync(vault);
    await remember(vault, { scope: "travel", text: "Bergen" });
  });

  it("has what waits, and says so, and as of which commit it is", async () => {
    const file = await makeExport(vault, { format: "jsonl", scopes: ALL, reader: null });
    expect(file).to.include({
      name: "memories.jsonl",
      sequence: 1n,
      memories: 3,
      waiting: 1,
      encrypted: false,
    });
    expect(textOf(file).trim().split("\n")).to.have.length(3);
  });

  it("has the chosen scopes alone", async () => {
    const file = await makeExport(vault, { format: "markdown", scopes: new Set(["career"]), reader: null });
    expect(textOf(file)).to.equal("# Memories\n\n## career\n\n- I build bridges\n");
    const { memories } = await look(vault);
    expect([...scopeCounts(memories.values())]).to.deep.equal([
      ["career", 1],
      ["travel", 2],
    ]);
  });

  it("names the vault in Portable AI Memory", async () => {
    const file = await makeExport(vault, { format: "pam", scopes: ALL, reader: null });
    const { owner, memories } = JSON.parse(textOf(file)) as { owner: { id: string }; memories: unknown[] };
    expect(owner.id).to.match(/^eip155:31337:0x[0-9a-f]{40}\/0x[0-9a-f]{64}$/);
    expect(memories).to.have.length(3);
  });

  it("is opened by the stock age program", async function () {
    const folder = mkdtempSync(join(tmpdir(), "age-"));
    try {
      const identity = join(folder, "key.txt");
      try {
        execFileSync("age-keygen", ["-o", identity], { stdio: "ignore" });
      } catch {
        console.log("      (skipped: age is not installed; on Debian, `apt-get install age` brings it)");
        this.skip();
      }
      const recipient = execFileSync("age-keygen", ["-y", identity], { encoding: "utf8" }).trim();
      const file = await makeExport(vault, {
        format: "jsonl",
        scopes: ALL,
        reader: { recipients: [recipient] },
      });
      expect(file).to.include({ name: "memories.jsonl.age", encrypted: true, classic: true });
      writeFileSync(join(folder, "export.age"), file.bytes);
      const opened = execFileSync("age", ["-d", "-i", identity, join(folder, "export.age")], {
        encoding: "utf8",
      });
      expect(opened).to.contain("I build bridges").and.contain("Bergen");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const refusal = (request: Parameters<typeof makeExport>[1]): Promise<Error | null> =>
    makeExport(vault, request).then(
      () => null,
      (fault: unknown) => fault as Error,
    );

  it("refuses an export of nothing, and recipients of two kinds", async () => {
    expect((await refusal({ format: "pam", scopes: new Set(), reader: null }))?.name).to.equal(
      "ExportRefused",
    );
    const reader = { recipients: ["age1pq1x", "age1y"] };
    const fault = await refusal({ format: "pam", scopes: ALL, reader });
    expect(fault?.name).to.equal("ExportRefused");
    expect(fault?.message).to.contain("write two");
  });

  it("asks for a passphrase of some length, twice", () => {
    const typed = (passphrase: string, repeated = passphrase) =>
      protectionFault({ ...FIRST_PROTECTION, passphrase, repeated });
    expect(protectionFault({ ...FIRST_PROTECTION, kind: "plain" })).to.equal(null);
    expect(typed("short")).to.contain("10 characters");
    expect(typed("correct horse", "correct house")).to.contain("differ");
    expect(typed("correct horse")).to.equal(null);
    expect(readerOf({ ...FIRST_PROTECTION, passphrase: "correct horse" })).to.deep.equal({
      passphrase: "correct horse",
    });
  });

  it("says before it is made that a recipient is not post-quantum", () => {
    const named = (recipients: string): boolean =>
      namesClassic({ ...FIRST_PROTECTION, kind: "recipients", recipients });
    expect(named("# Ann\nage1pq1a, age1b")).to.equal(true);
    expect(named("age1pq1a")).to.equal(false);
    expect(named("")).to.equal(false);
    expect(namesClassic({ ...FIRST_PROTECTION, kind: "plain", recipients: "age1b" })).to.equal(false);
  });

  it("says of a recipient that is not whole to copy it again", async () => {
    const fault: unknown = await encryptExport("x", { recipients: ["age1mistyped"] }).catch(
      (thrown: unknown) => thrown,
    );
    const { message, refused } = sealFault(fault);
    expect(refused).to.equal(true);
    expect(message).to.match(/^a recipient is .*mistyped.* Copy it again$/);
    expect(sealFault(new TypeError("x"))).to.deep.equal({ name: "TypeError", message: "x", refused: false });
  });

  it("takes recipients as age's own files have them", () => {
    expect(recipientsIn("# Ann\nage1a, age1b\n\n age1a\r\n")).to.deep.equal(["age1a", "age1b"]);
    expect(protectionFault({ ...FIRST_PROTECTION, kind: "recipients", recipients: "# none" })).to.contain(
      "at least one",
    );
  });
});
