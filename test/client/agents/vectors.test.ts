import { bytesToHex } from "@noble/hashes/utils.js";
import { getBytes, TypedDataEncoder, Wallet } from "ethers";

import {
  claimOf,
  decodeRequest,
  encodeRequest,
  requestIdOf,
  type AccessRequest,
} from "../../../client/agents/access-request.ts";
import { typedDataOf } from "../../../client/agents/signed.ts";
import { testVectors } from "../../helpers/vectors.ts";

/** A request as the file has it. */
type RequestInput = Omit<AccessRequest, "ref"> & {
  readonly ref: Readonly<Record<"chainId" | "contract" | "vaultId", string>>;
  readonly privateKey: string;
};

testVectors(
  "agents",
  {
    accessRequest: async ({ privateKey, ref, ...fields }: RequestInput) => {
      const { contract, chainId, vaultId } = ref;
      const request = { ...fields, ref: { contract, chainId: BigInt(chainId), vaultId: BigInt(vaultId) } };
      const { domain, types, message } = typedDataOf(request.ref, claimOf(request));
      const wallet = new Wallet(privateKey);
      const signature = await wallet.signTypedData(domain, types, message);
      return {
        hash: TypedDataEncoder.hash(domain, types, message),
        signer: wallet.address.toLowerCase(),
        signature,
        line: encodeRequest({ request, signature: getBytes(signature) }),
        id: requestIdOf(request),
      };
    },

    accessRequestLine: (line: string) => {
      try {
        const { request, signature } = decodeRequest(line);
        return { scopes: request.scopes, purpose: request.purpose, signature: bytesToHex(signature) };
      } catch (fault) {
        return (fault as Error).name;
      }
    },
  },
  ["proposal", "proposalFile"],
);
