/**
 * What is proven of a vault. Each property is an inductive step: from any state that satisfies the invariant, by any call
 * of one door, with any arguments, from any sender, at any time; then the claim holds for any vault `id` and account `who`.
 *
 * A claim is Solidity, with `pre.x` and `post.x` for what {@link FIELDS} names, before the call and after it.
 */
import { accepted, type Door } from "./model.ts";

export interface Property {
  readonly name: string;
  /** In words. */
  readonly says: string;
  /** What holds after a call of a door, or nothing if it says nothing of that door. */
  readonly claim: (door: Door) => string | undefined;
}

/** What a claim can ask of the vault `id`, and of what `who` has there. */
export const FIELDS: Readonly<Record<string, readonly [type: string, value: string]>> = {
  owner: ["address", "_owners[id]"],
  authorizer: ["address", "_vaults_authorizer[id]"],
  /** The authorizer in force. */
  key: ["address", "_vaults_authorizer[id] == address(0) ? _owners[id] : _vaults_authorizer[id]"],
  sequence: ["uint40", "_vaults_sequence[id]"],
  configNonce: ["uint24", "_vaults_configNonce[id]"],
  generation: ["uint24", "_vaults_generation[id]"],
  locked: ["bool", "_vaults_flags[id] % 2 == 1"],
  foreign: ["bool", "_vaults_flags[id] / 2 % 2 == 1"],
  prevStateRoot: ["bytes32", "_vaults_prevStateRoot[id]"],
  root: ["bytes32", "_vaults_root[id]"],
  pointer: ["bytes32", "_vaults_pointer[id]"],
  foreignTransitionId: ["bytes32", "_vaults_foreignTransitionId[id]"],
  expiresAt: ["uint64", "_grants_expiresAt[id][who]"],
  permissions: ["uint8", "_grants_permissions[id][who]"],
  grantGeneration: ["uint64", "_grants_generation[id][who]"],
  approved: ["address", "_tokenApprovals[id]"],
  isOperator: ["bool", "_operatorApprovals[_owners[id]][msg.sender]"],
};

/** What a claim can ask of the contract's own views: the view, its arguments, and which of its results. */
export const VIEWS: Readonly<
  Record<string, readonly [view: string, args: readonly string[], result: number]>
> = {
  transitionId: ["head", ["bytes32(id)"], 0],
  stateRoot: ["head", ["bytes32(id)"], 1],
  canRead: ["canRead", ["id", "who"], 0],
  canPropose: ["canPropose", ["id", "who"], 0],
};

/** What holds of every vault `id` and account `who` between calls; of the sender too, so that it is no operator of zero's. */
export const invariantOf = (id: string, who: string): string =>
  [
    `(_owners[${id}] == address(0) || _vaults_generation[${id}] != 0)`,
    `(_owners[${id}] != address(0) || (_vaults_authorizer[${id}] == address(0) && _tokenApprovals[${id}] == address(0)))`,
    `(_vaults_generation[${id}] != 0 || (_vaults_sequence[${id}] == 0 && _vaults_configNonce[${id}] == 0 && _vaults_flags[${id}] == 0))`,
    `_vaults_generation[${id}] <= uint256(_vaults_configNonce[${id}]) + 1`,
    `_vaults_flags[${id}] <= 3`,
    `_grants_permissions[${id}][${who}] <= 3`,
    `_grants_generation[${id}][${who}] <= _vaults_generation[${id}]`,
    `(_grants_permissions[${id}][${who}] == 0 ? (_grants_generation[${id}][${who}] == 0 && _grants_expiresAt[${id}][${who}] == 0) : _grants_generation[${id}][${who}] != 0)`,
    `(_owners[${id}] != address(0) || _vaults_generation[${id}] == 0 || _grants_generation[${id}][${who}] < _vaults_generation[${id}])`,
    `!_operatorApprovals[address(0)][${who}]`,
  ].join(" && ");

/** States from which examples are found more easily, by door. */
export const WITNESSES: Readonly<Record<string, string>> = {
  commitTransition: [
    "authorizerSignature.length == 0",
    "_vaults_sequence[uint256(delta.spaceId)] == 0",
    "_vaults_authorizer[uint256(delta.spaceId)] != address(0)",
    "_vaults_flags[uint256(delta.spaceId)] == 3",
  ].join(" && "),
};

const same = (...fields: readonly string[]): string =>
  `(${fields.map((field) => `pre.${field} == post.${field}`).join(" && ")})`;
const SAME_HEAD = same("sequence", "prevStateRoot", "root", "pointer", "foreign", "foreignTransitionId");
const SAME_CONFIGURATION = same("owner", "authorizer", "configNonce", "generation");
const SAME_GRANT = same("expiresAt", "permissions", "grantGeneration");

/** Whether the grant of `who` is in force at a time. */
const validAt = (when: "pre" | "post", time: string): string =>
  `(${when}.permissions != 0 && ${time} < ${when}.expiresAt && ${when}.grantGeneration == ${when}.generation)`;

const hash = (...words: readonly string[]): string =>
  `keccak256(abi.encode(${words.map((word) => `uint256(${word})`).join(", ")}))`;
const word = (address: string): string => `uint160(${address})`;

const COMMITTED = hash(
  "EXPERIENCE_DELTA_TYPEHASH",
  ...["spaceId", "sequence", "prevStateRoot", "deltaCommitment", "provenanceCommitment"].map(
    (f) => `delta.${f}`,
  ),
  ...["profileId", "locatorCommitment"].map((f) => `delta.${f}`),
);
const AUTHORIZED = hash(
  ...["SPACE_AUTHORIZATION_TYPEHASH", "spaceId", word("newController"), word("newAuthorizer")],
  "uint256(pre.configNonce) + 1",
);
const REGISTERED = hash("SPACE_REGISTRATION_TYPEHASH", "spaceId", word("controller"), word("authorizer"));
const idOf = (controller: string): string =>
  `uint256(${hash("MEMORY_SPACE_TYPEHASH", word(controller), "salt")})`;

/** Whether an account agrees: it is the sender and gives no signature, or one of its own is accepted. */
const agreed = (account: string, digest: string, signature: string): string =>
  `(${signature}.length == 0 ? msg.sender == ${account} : ${accepted(account, digest, signature)})`;
const COMMIT_AGREED = agreed("pre.key", COMMITTED, "authorizerSignature");
const AUTHORIZATION_AGREED = agreed("pre.owner", AUTHORIZED, "controllerSignature");

/** The vault that a door is asked about. */
function vaultOf({ parameters, results }: Door): string {
  const names = [...parameters, ...results].map(({ name }) => name);
  if (names.includes("delta")) return "uint256(delta.spaceId)";
  if (names.includes("spaceId")) return "uint256(spaceId)";
  // Who approves an operator asks about no vault.
  return names.find((name) => name === "vaultId" || name === "tokenId") ?? "id";
}

const isTransfer = ({ function: name }: Door): boolean => /^(safeT|t)ransferFrom$/.test(name);
const isRegistration = ({ function: name }: Door): boolean => name === "mint" || name === "registerSpace";

/** Whether a call is about the vault in question, and about the account. */
const isAbout = (door: Door): string => `id == ${vaultOf(door)}`;
const isAboutWho = (door: Door): string => `${isAbout(door)} && who == grantee`;

/** Of which calls a change of owner, authorizer, nonce or generation may come. */
function mayConfigure(door: Door): string {
  if (isRegistration(door)) return `${isAbout(door)} && pre.generation == 0`;
  if (isTransfer(door))
    return `${isAbout(door)} && !pre.locked && pre.owner != address(0) && (msg.sender == pre.owner || msg.sender == pre.approved || pre.isOperator)`;
  if (door.function === "updateSpaceAuthorization") return `${isAbout(door)} && ${AUTHORIZATION_AGREED}`;
  if (door.function === "burn") return `${isAbout(door)} && !pre.locked && msg.sender == pre.owner`;
  return "false";
}

/** By which calls a stored grant may change. */
function mayGrant(door: Door): string {
  if (door.function === "grant") return `${isAboutWho(door)} && msg.sender == pre.owner`;
  if (door.function === "revoke")
    return `${isAboutWho(door)} && (msg.sender == pre.owner || msg.sender == pre.key || msg.sender == who) && post.permissions == 0`;
  return "false";
}

/** By which calls a lock may open or close. */
function mayLock(door: Door): string {
  const isOwners = `${isAbout(door)} && msg.sender == pre.owner`;
  if (door.function === "lock") return `${isOwners} && post.locked`;
  if (door.function === "unlock") return `${isOwners} && !post.locked`;
  return "post.locked && post.generation != pre.generation";
}

/** A signature that makes a call another's. */
function signedFor({ function: name }: Door): string {
  if (name === "commitTransition") return accepted("pre.key", COMMITTED, "authorizerSignature");
  if (name === "updateSpaceAuthorization") return accepted("pre.owner", AUTHORIZED, "controllerSignature");
  return "false";
}

/** A claim of the calls of one door about their own vault. */
const ofOwn =
  (name: string, claim: string) =>
  (door: Door): string | undefined =>
    door.function === name ? `!(${isAbout(door)}) || (${claim})` : undefined;

const all = (...claims: readonly string[]): string => claims.map((claim) => `(${claim})`).join(" && ");

export const PROPERTIES: readonly Property[] = [
  {
    name: "invariant",
    says: "what every step assumes of the state holds of a new contract, and again after every call",
    claim: () => invariantOf("id", "who"),
  },
  {
    name: "head-moves-by-commit-alone",
    says: "no call but a commitTransition of this very vault changes anything of its head",
    claim: (door) => (door.function === "commitTransition" ? `${isAbout(door)} || ${SAME_HEAD}` : SAME_HEAD),
  },
  {
    name: "head-counts-by-one",
    says: "a commit raises the sequence by exactly one, to the number that it names",
    claim: ofOwn(
      "commitTransition",
      all("uint256(post.sequence) == uint256(pre.sequence) + 1", "delta.sequence == post.sequence"),
    ),
  },
  {
    name: "head-follows-its-predecessor",
    says: "a commit names the state root that the head has, and that becomes its predecessor; the first one names zero",
    claim: ofOwn(
      "commitTransition",
      all(
        "delta.prevStateRoot == pre.stateRoot && post.prevStateRoot == pre.stateRoot",
        "pre.sequence != 0 || post.prevStateRoot == 0",
      ),
    ),
  },
  {
    name: "head-is-a-hash-chain",
    says: "after a commit `head` answers the hash of what was committed as transition id, and the hash of the former state root and that id as state root; root and pointer are those committed",
    claim: ofOwn(
      "commitTransition",
      all(
        "post.root == delta.deltaCommitment && post.pointer == delta.locatorCommitment",
        `post.transitionId == ${COMMITTED} && transitionId == post.transitionId`,
        `post.stateRoot == ${hash("MEMORY_STATE_TYPEHASH", "pre.stateRoot", "post.transitionId")} && nextStateRoot == post.stateRoot`,
      ),
    ),
  },
  {
    name: "grant-is-valid-while-it-says",
    says: "canRead and canPropose are true exactly while the grant has the permission, has not expired and is of the vault's generation, and never of a vault without an owner",
    // The views answer from the state, whatever was called before: one door stands for all.
    claim: ({ function: name }) =>
      name === "setApprovalForAll"
        ? all(
            `post.canRead == ((post.permissions == 1 || post.permissions == 3) && ${validAt("post", "block.timestamp")})`,
            `post.canPropose == ((post.permissions == 2 || post.permissions == 3) && ${validAt("post", "block.timestamp")})`,
            "post.owner != address(0) || !(post.canRead || post.canPropose)",
          )
        : undefined,
  },
  {
    name: "grant-begins-by-the-owners-grant",
    says: "a grant that is not in force is so again, at whatever time, by the owner's own grant to this account alone, with an end in the future",
    claim: (door) =>
      `!${validAt("post", "time")} || ${validAt("pre", "time")}${
        door.function === "grant"
          ? ` || (${isAboutWho(door)} && msg.sender == pre.owner && block.timestamp < post.expiresAt && post.expiresAt == expiresAt && post.permissions == permissions)`
          : ""
      }`,
  },
  {
    name: "grant-ends-by-revoke",
    says: "after a revoke the grant is in force at no time",
    claim: (door) =>
      door.function === "revoke" ? `!(${isAboutWho(door)}) || !${validAt("post", "time")}` : undefined,
  },
  {
    name: "grant-ends-with-the-owner",
    says: "after a transfer (to oneself too), a burn, and any change of owner or generation no grant is in force at any time",
    claim: (door) =>
      `${
        isTransfer(door) || door.function === "burn" ? `!(${isAbout(door)})` : same("owner", "generation")
      } || !${validAt("post", "time")}`,
  },
  {
    name: "commit-is-the-authorizers",
    says: "a commit lands only if the authorizer in force sends it, or a signature of that account over exactly this delta is accepted",
    claim: ofOwn("commitTransition", COMMIT_AGREED),
  },
  {
    name: "registration-is-the-controllers",
    says: "a vault is registered for the sender, or for a controller whose signature over it is accepted, under the id that address and salt give",
    claim: (door) =>
      door.function === "mint"
        ? `!(${isAbout(door)}) || (post.owner == msg.sender && id == ${idOf("msg.sender")})`
        : ofOwn(
            "registerSpace",
            all(
              `post.owner == controller && id == ${idOf("controller")}`,
              agreed("controller", REGISTERED, "controllerSignature"),
            ),
          )(door),
  },
  {
    name: "configuration-is-the-owners",
    says: "owner, authorizer, nonce and generation change by registration, by an authorization that the owner sends or whose signature over exactly it and the next nonce is accepted, by the owner's burn of an unlocked vault, and by a transfer of an unlocked vault by its owner or who is approved; by nothing else",
    claim: (door) => `${SAME_CONFIGURATION} || (${mayConfigure(door)})`,
  },
  {
    name: "grants-are-the-owners",
    says: "a stored grant changes by the owner's grant, and by a revoke of owner, authorizer or grantee, which deletes it; by nothing else",
    claim: (door) => `${SAME_GRANT} || (${mayGrant(door)})`,
  },
  {
    name: "approval-is-for-transfers",
    says: "who is approved, and is neither owner, authorizer nor grantee and has no signature that is accepted, changes nothing of head, grant, lock or configuration but by a transfer, and by that neither head nor stored grant",
    claim: (door) =>
      [
        "!(msg.sender == pre.approved || pre.isOperator)",
        "msg.sender == pre.owner || msg.sender == pre.key || msg.sender == who",
        signedFor(door),
        isTransfer(door)
          ? all(SAME_HEAD, SAME_GRANT)
          : all(SAME_HEAD, SAME_GRANT, SAME_CONFIGURATION, same("locked")),
      ].join(" || "),
  },
  {
    name: "nonce-steps-by-one",
    says: "the configuration nonce stays or rises by exactly one, rises whenever owner, authorizer or generation of a registered vault change, and begins at zero",
    claim: () =>
      all(
        "post.configNonce == pre.configNonce || (pre.generation != 0 && uint256(post.configNonce) == uint256(pre.configNonce) + 1)",
        `pre.generation == 0 || ${SAME_CONFIGURATION} || post.configNonce != pre.configNonce`,
        "pre.generation != 0 || post.configNonce == 0",
      ),
  },
  {
    name: "generation-steps-by-one",
    says: "the generation stays or rises by exactly one, and rises with every change of owner",
    claim: () =>
      all(
        "post.generation == pre.generation || uint256(post.generation) == uint256(pre.generation) + 1",
        "post.owner == pre.owner || post.generation != pre.generation",
      ),
  },
  {
    name: "new-owner-begins-locked",
    says: "a new generation is locked, has no approval, and no authorizer but one that a registration or an authorization names",
    claim: (door) => {
      const named = isRegistration(door)
        ? "authorizer"
        : door.function === "updateSpaceAuthorization"
          ? "newAuthorizer"
          : "address(0)";
      return `post.generation == pre.generation || (post.locked && post.approved == address(0) && post.authorizer == ${named})`;
    },
  },
  {
    name: "id-is-registered-once",
    says: "an id is registered only if it never was",
    claim: (door) =>
      isRegistration(door)
        ? `!(${isAbout(door)}) || (pre.generation == 0 && pre.owner == address(0) && post.generation == 1)`
        : undefined,
  },
  {
    name: "burned-never-returns",
    says: "of a burned vault nothing changes any more: no owner, head, grant, lock or configuration",
    claim: () =>
      `!(pre.owner == address(0) && pre.generation != 0) || ${all(SAME_HEAD, SAME_GRANT, SAME_CONFIGURATION, same("locked"))}`,
  },
  {
    name: "locked-moves-by-authorization-alone",
    says: "a locked vault gets another owner or generation by updateSpaceAuthorization alone",
    claim: (door) =>
      door.function === "updateSpaceAuthorization"
        ? undefined
        : `!pre.locked || pre.owner == address(0) || ${same("owner", "generation")}`,
  },
  {
    name: "lock-is-the-owners",
    says: "a lock opens by the owner's unlock alone, and closes by the owner's lock or with a new generation",
    claim: (door) => `${same("locked")} || (${mayLock(door)})`,
  },
];

/** Its opposite shows that a door's step can be taken: what is claimed of steps that cannot be taken is worth nothing. */
export const REACHED: Property = {
  name: "reached",
  says: "the call can succeed",
  claim: () => "false",
};
