// Whoever pays for the gas logs as much as it likes about any vault, and a former owner, a grantee or an operator left as much as
// it liked in the vault's own log. What this page reads, keeps and asks for has an end all the same, and it says where.

/** Events of one kind that are kept of the vault itself: more than anybody commits in years, and no more than a browser holds. */
export const MOST_OWN = 10_000;

/** Events of one kind that are kept of each contract or account: the newest. More tell a person nothing new. */
export const MOST_EACH = 50;

/** Contracts that no grant lists of which anything is kept: each costs its maker some cents. */
export const MOST_STRANGERS = 20;

/** Accounts that are asked about, the newest: nodes take some hundred addresses in a question. A former owner may have listed thousands. */
export const MOST_ACCOUNTS = 100;

/** Publications of BlobLog that are shown: it is everybody's. */
export const MOST_PUBLISHED = 2_000;

/** Events that one walk through the log reads before it ends: two full answers of most nodes. */
export const MOST_READ = 20_000;

/** Bytes of events that one walk reads before it ends: one event may have megabytes. */
export const MOST_BYTES = 2 ** 25;

/** Bytes of a question or an answer that are kept: about four times as much as is shown. */
export const MOST_SAID = 8_192;

/** Bytes of data that are kept of a log: what is said, and the words around it. */
export const MOST_DATA = MOST_SAID + 8 * 32;

/** Blocks that are asked for at first where strangers may have filled them. */
export const FIRST_BLOCKS = 64;

/** Bytes of data in an answer, below which more blocks are asked for the next time, and above which fewer. */
export const SMALL = 2 ** 18;
export const BIG = 2 ** 20;

/** Transactions that are looked up at a time, each by three questions to the node. */
export const MOST_LOOKED_UP = 200;

/** Welcomes, and proposals, that a store is asked for: where a blob does not lie, it may search for long. */
export const MOST_NAMED = 24;
