// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeId} from "../types/Disputes.sol";
import {EscrowId} from "../types/EscrowId.sol";
import {PledgeAllowance, PledgeOrder, Registration} from "../types/Nodes.sol";
import {JobOrder} from "../types/Orders.sol";
import {Replica, ResultLeaf} from "../types/Results.sol";

/// @notice The one place where Starling's on-chain hashes are spelled out; test/vectors/*.json binds them to TypeScript.
library Hashes {
    bytes32 internal constant JOB_ORDER_TYPEHASH = keccak256(
        "JobOrder(address requester,address coordinator,uint128 budget,bytes32 specHash,bytes32 lotteryRoot,uint64 deadline,bytes32 salt)"
    );
    bytes32 internal constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 escrowId,address worker,uint128 cumulative)");
    bytes32 internal constant REGISTRATION_TYPEHASH =
        keccak256("Registration(address operator,address worker,bytes32 peerIdHash,uint64 seq)");
    bytes32 internal constant PLEDGE_ORDER_TYPEHASH =
        keccak256("PledgeOrder(bytes32 escrowId,address operator,uint128 total,uint64 releaseBy,uint64 deadline)");
    bytes32 internal constant PLEDGE_ALLOWANCE_TYPEHASH =
        keccak256("PledgeAllowance(address worker,uint128 allowance,uint64 seq)");
    bytes32 internal constant BATCH_RECEIPT_TYPEHASH =
        keccak256("BatchReceipt(bytes32 escrowId,bytes32 resultsRoot,uint128 fine)");
    bytes32 internal constant JURY_SEAT = "Starling jury seat";

    /// @notice The id of the escrow that `order` opens in the contract `escrow` on this chain.
    function escrowId(address escrow, JobOrder calldata order) internal view returns (EscrowId) {
        return EscrowId.wrap(keccak256(abi.encode(block.chainid, escrow, order)));
    }

    /// @notice EIP-712 struct hash of a job order.
    function jobOrder(JobOrder calldata order) internal pure returns (bytes32) {
        // The struct has static members only, so its encoding is the concatenation that EIP-712 asks for.
        return keccak256(abi.encode(JOB_ORDER_TYPEHASH, order));
    }

    /// @notice EIP-712 struct hash of a voucher.
    function voucher(EscrowId id, address worker, uint128 cumulative) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOUCHER_TYPEHASH, id, worker, cumulative));
    }

    /// @notice EIP-712 struct hash of a registration.
    function registration(Registration memory one) internal pure returns (bytes32) {
        return keccak256(abi.encode(REGISTRATION_TYPEHASH, one));
    }

    /// @notice EIP-712 struct hash of a pledge that anyone may submit.
    function pledgeOrder(PledgeOrder memory one) internal pure returns (bytes32) {
        return keccak256(abi.encode(PLEDGE_ORDER_TYPEHASH, one));
    }

    /// @notice EIP-712 struct hash of a worker's allowance.
    function pledgeAllowance(PledgeAllowance memory one) internal pure returns (bytes32) {
        return keccak256(abi.encode(PLEDGE_ALLOWANCE_TYPEHASH, one));
    }

    /// @notice What two equal answers to one task have in common.
    function result(bytes32 taskSpec, bytes32 digest) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskSpec, digest));
    }

    /// @notice The leaf of a worker's batch receipt.
    function receiptLeaf(bytes32 taskSpec, uint32 attempt, bytes32 resultHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskSpec, attempt, resultHash));
    }

    /// @notice All answers to one task, dissenters included.
    function replicas(Replica[] memory answers) internal pure returns (bytes32) {
        return keccak256(abi.encode(answers));
    }

    /// @notice The leaf that a coordinator anchors for one accepted task.
    function resultLeaf(ResultLeaf memory leaf) internal pure returns (bytes32) {
        return keccak256(abi.encode(leaf));
    }

    /// @notice A worker's salted commitment to a digest, before it is revealed.
    function commitment(bytes32 taskSpec, uint32 attempt, address worker, bytes32 digest, bytes32 salt)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(taskSpec, attempt, worker, digest, salt));
    }

    /// @notice EIP-712 struct hash of a worker's batch receipt.
    function batchReceipt(EscrowId id, bytes32 resultsRoot, uint128 fine) internal pure returns (bytes32) {
        return keccak256(abi.encode(BATCH_RECEIPT_TYPEHASH, id, resultsRoot, fine));
    }

    /// @notice The id of the one dispute that there can be about a task.
    function dispute(EscrowId id, bytes32 taskSpec) internal pure returns (DisputeId) {
        return DisputeId.wrap(keccak256(abi.encode(id, taskSpec)));
    }

    /// @notice A juror's commitment to a digest, 0 for an abstention. It names the juror, so that copying it is useless.
    function vote(DisputeId id, uint8 round, address juror, bytes32 digest, bytes32 salt)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(id, round, juror, digest, salt));
    }

    /// @notice Under what a juror's stake is pledged: it looks like an escrow's id, but no escrow can have it.
    function seat(address worker) internal pure returns (EscrowId) {
        return EscrowId.wrap(keccak256(abi.encode(JURY_SEAT, worker)));
    }
}
