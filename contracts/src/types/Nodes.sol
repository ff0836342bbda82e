// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

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
/// @param pledgeAllowance How much of the operator's stake this worker may still pledge by itself.
struct Node {
    address operator;
    uint64 seq;
    bytes32 peerIdHash;
    uint128 pledgeAllowance;
}

/// @notice An operator's stake, in base units: 0 <= pledged <= stake.
/// @param unbondAt Unix seconds from which the stake may be withdrawn; 0 while bonded.
struct Bond {
    uint128 stake;
    uint128 pledged;
    uint64 unbondAt;
}

/// @notice The part of an operator's stake that backs its workers' results in one escrow.
/// @param releaseAt Unix seconds from which the pledge ends, even if the escrow was prolonged meanwhile.
/// @param locks Open disputes that hold the pledge beyond that moment.
struct Pledge {
    uint128 amount;
    uint64 releaseAt;
    uint32 locks;
}
