// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "./EscrowId.sol";

/// @notice What an operator (cold key) signs to own a worker (hot key), and the worker to be owned.
struct Registration {
    address operator;
    address worker;
    bytes32 peerIdHash;
    uint64 seq;
}

/// @notice A worker (hot key) as registered under its operator (cold key).
/// @param seq Highest registration sequence seen; a later registration must exceed it.
/// @param peerIdHash keccak256 of the peer id's multihash bytes.
/// @param pledgeAllowance How much of the operator's stake this worker may still pledge by itself; the largest number of
/// all stands for "any amount" and is never spent.
/// @param allowanceSeq Highest sequence of an allowance seen; a later one must exceed it.
struct Node {
    address operator;
    uint64 seq;
    bytes32 peerIdHash;
    uint128 pledgeAllowance;
    uint64 allowanceSeq;
}

/// @notice What an operator signs so that anyone may set the allowance of its worker: a cold key needs no gas.
struct PledgeAllowance {
    address worker;
    uint128 allowance;
    uint64 seq;
}

/// @notice An operator's stake, in base units: 0 <= pledged <= stake.
/// @param unbondAt Unix seconds from which the stake may be withdrawn; 0 while bonded.
struct Bond {
    uint128 stake;
    uint128 pledged;
    uint64 unbondAt;
}

/// @notice What an operator, or its worker within its allowance, signs so that anyone may pledge for it.
/// @param total All that the operator will have pledged to this escrow ever, this pledge included: none is made twice.
/// @param releaseBy Unix seconds by which the pledge has to end: it isn't made to an escrow that lasts longer.
/// @param deadline Unix seconds after which the signature is worth nothing.
struct PledgeOrder {
    EscrowId escrowId;
    address operator;
    uint128 total;
    uint64 releaseBy;
    uint64 deadline;
}

/// @notice The part of an operator's stake that backs its workers' results in one escrow; one storage slot.
/// @param total All that was ever pledged to the escrow; it never falls, so that a signed total is used once.
/// @param releaseAt Unix seconds from which the pledge ends, even if the escrow was prolonged meanwhile.
/// @param locks Open disputes that hold the pledge beyond that moment.
struct Pledge {
    uint96 amount;
    uint96 total;
    uint40 releaseAt;
    uint24 locks;
}
