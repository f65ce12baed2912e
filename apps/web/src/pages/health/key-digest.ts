import { hexlify } from "ethers";

import { recipientDigest } from "../../../../../client/index.ts";

/** What a device shows of its key, to be compared. */
export const keyDigest = (recipient: Uint8Array): string => hexlify(recipientDigest(recipient));
