// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Names an escrow: the hash of chain, contract and first order, so it is known before the transaction.
/// @dev A type of its own, so that it can't be mixed up with a root, a digest or a peer id.
type EscrowId is bytes32;

function _sameEscrow(EscrowId a, EscrowId b) pure returns (bool) {
    return EscrowId.unwrap(a) == EscrowId.unwrap(b);
}

using {_sameEscrow as ==} for EscrowId global;
