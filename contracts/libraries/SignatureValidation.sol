// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title SignatureValidation
/// @notice The one rule by which an account agrees to something here: by calling, by ERC-1271, or by ECDSA.
library SignatureValidation {
    /// @notice Whether an account agreed to a digest.
    /// @dev An empty signature says "I am the caller" and nothing else, so ERC-1271 is not asked: there are wallets that
    /// accept an empty signature from anybody. A caller that does attach one is judged by it like everybody.
    ///
    /// The scheme is never chosen by the presence of code. An account that delegates by EIP-7702 has code, and may have
    /// delegated to one that validates nothing: its key would be locked out. So an account with code is asked first,
    /// and whenever the first 32 bytes of its answer are not the magic value and zeros (it reverts, answers less, answers
    /// something else, or has dirt in that word), the signature must be a canonical 65-byte ECDSA one, low s. What follows
    /// the first word is not looked at.
    ///
    /// OpenZeppelin's `isValidSignatureNow` chooses by code, so it is not used.
    /// @param account The account whose agreement is needed.
    /// @param digest The EIP-712 digest.
    /// @param signature Its signature, or nothing.
    /// @return Whether it agreed.
    function isAuthorized(address account, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (signature.length == 0) return msg.sender == account;
        if (account.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature))
            return true;
        (address recovered, ECDSA.RecoverError err, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return err == ECDSA.RecoverError.NoError && recovered == account;
    }
}
