/** Something that an outsider does not see, and how far that goes (SECURITY.md, "What anybody sees"). */
export interface Claim {
  readonly unseen: string;
  readonly limit: string;
}

/** What may be claimed, and no more. */
export const CLAIMS: readonly Claim[] = [
  {
    unseen:
      "What the memories say: no text, topic, tag or label is on chain, and what stores hold is sealed.",
    limit:
      "What you ask an agent's contract in plain text, what it answers in public, and a memory that you prove to a contract stand on chain in full, for ever.",
  },
  {
    unseen: "How many memories and scopes there are: blobs have four sizes, whatever is in them.",
    limit:
      "Size classes and times still say something: much was written, or little, and when. Whoever was ever let in sees the number of scopes, and how large each is.",
  },
  {
    unseen: "Where the blobs are: the chain has a masked pointer, and no digest of a commit's blob.",
    limit:
      "Whoever watches a store and the chain together links the two by time where little is written. The digests of stored welcomes and of proposals are on chain, and on the chain as a store everything is.",
  },
  {
    unseen: "Who reads without a listed grant: an unlisted one leaves nothing of its own.",
    limit:
      "Its admission is a commit like others, at a time. Whose network address asks a store or an RPC, that one sees.",
  },
  {
    unseen: "What a commit did: on chain a write, a deletion and new keys look alike.",
    limit:
      "A listed grant or a revoke in the same transaction shows, and new keys mean larger blobs at the store.",
  },
  {
    unseen: "Nothing here is anonymous.",
    limit:
      "The owner's address, that it has this vault, and when it commits are public, and stay so. Who knows whose address it is knows whose vault it is.",
  },
];
