import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { encodeAnswer, openAnswer, type Answer } from "../../../client/agents/answer.ts";
import { AnswerRejected } from "../../../client/agents.ts";
import { testVectors } from "../../helpers/vectors.ts";

type Text<Fields extends string> = Readonly<Record<Fields, string>>;

type AnswerInput = Text<keyof Answer>;

const answerOf = ({ chainId, agent, vaultId, requestId, sequence, root, text }: AnswerInput): Answer => ({
  ...{ chainId: BigInt(chainId), agent, vaultId: BigInt(vaultId), requestId: BigInt(requestId) },
  ...{ sequence: BigInt(sequence), root, text },
});

interface OpenInput extends Text<"data" | "identity"> {
  readonly place: Omit<AnswerInput, "text">;
}

testVectors("answers", {
  answer: (input: AnswerInput) => bytesToHex(encodeAnswer(answerOf(input))),
  open: ({ data, identity, place }: OpenInput) =>
    openAnswer(hexToBytes(data), identity, answerOf({ ...place, text: "" })).then(
      (text) => ({ text }),
      (fault: unknown) => {
        if (!(fault instanceof AnswerRejected)) throw fault;
        return { rejected: fault.why };
      },
    ),
});
