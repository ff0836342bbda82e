// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IDisputeCourt} from "../interfaces/IDisputeCourt.sol";
import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IStakeRegistry} from "../interfaces/IStakeRegistry.sol";
import {Hashes} from "../libraries/Hashes.sol";
import {PositionalMerkle} from "../libraries/PositionalMerkle.sol";
import {Accused, Statement} from "../types/Disputes.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {Pledge} from "../types/Nodes.sol";
import {EscrowView} from "../types/Orders.sol";

/// @title What counts as a worker's word, and what stands behind it
abstract contract Evidence is IDisputeCourt, EIP712 {
    /// @notice Where workers, stakes, pledges and jurors are.
    IStakeRegistry public immutable registry;
    /// @notice Where results are anchored.
    IJobEscrow public immutable escrow;

    constructor(IStakeRegistry registry_, IJobEscrow escrow_) EIP712("Starling DisputeCourt", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    /// @inheritdoc IDisputeCourt
    function receiptDigest(EscrowId escrowId, bytes32 resultsRoot, uint128 fine) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.batchReceipt(escrowId, resultsRoot, fine));
    }

    /// @dev Checks that the worker signed this answer to this task in this escrow, and that its pledge still lasts.
    function _accusedBy(EscrowId escrowId, bytes32 taskSpec, Statement calldata one)
        internal
        view
        returns (Accused memory)
    {
        bytes32 leaf = Hashes.receiptLeaf(taskSpec, one.attempt, one.resultHash);
        if (!PositionalMerkle.verify(one.resultsRoot, one.index, leaf, one.proof)) revert CourtBadProof();
        bytes32 digest = receiptDigest(escrowId, one.resultsRoot, one.fine);
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, one.signature);
        if (signer == address(0) || signer != one.worker) revert CourtBadSignature(one.worker);
        address operator = _operatorOf(one.worker);
        if (operator == address(0)) revert CourtUnknownWorker(one.worker);
        Pledge memory pledge = _stakeIn(escrowId, operator);
        uint128 fine = one.fine < pledge.amount ? one.fine : pledge.amount;
        if (fine == 0) revert CourtNothingAtStake(one.worker);
        // The operator agreed to this moment, whatever became of the escrow since.
        if (block.timestamp >= pledge.releaseAt) revert CourtTooLate(pledge.releaseAt);
        _requireOpen(escrowId);
        // forge-lint: disable-next-line(unsafe-typecast) at most the pledge, a uint96
        return Accused(one.worker, one.attempt, operator, uint96(fine), one.resultHash);
    }

    // Each call of another contract is written down once: the court is close to the largest size that a contract may have.

    function _operatorOf(address worker) internal view returns (address) {
        return registry.operatorOf(worker);
    }

    function _partiesOf(EscrowId escrowId) internal view returns (address requester, address coordinator) {
        EscrowView memory it = escrow.escrow(escrowId);
        return (it.requester, it.coordinator);
    }

    function _stakeIn(EscrowId escrowId, address operator) internal view returns (Pledge memory) {
        return registry.pledgeOf(escrowId, operator);
    }

    function _lock(EscrowId escrowId, address operator) internal {
        registry.lock(escrowId, operator);
    }

    function _unlock(EscrowId escrowId, address operator) internal {
        registry.unlock(escrowId, operator);
    }

    function _slash(EscrowId escrowId, address operator, uint128 amount) internal returns (uint128 taken) {
        return registry.slash(escrowId, operator, amount, address(this));
    }

    function _requireOpen(EscrowId escrowId) internal view {
        uint64 finalAt = escrow.finalAt(escrowId);
        if (block.timestamp >= finalAt) revert CourtTooLate(finalAt);
    }
}
