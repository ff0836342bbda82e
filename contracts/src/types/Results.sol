// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One answer to a task: who gave it, at which attempt, with which result.
struct Replica {
    address worker;
    uint32 attempt;
    bytes32 resultHash;
}

/// @notice One anchored result, as it stands at `index` of a batch's tree.
/// @param replicasHash Hash of all answers to the task, dissenters included.
struct ResultLeaf {
    uint64 index;
    bytes32 taskSpec;
    uint32 attempt;
    bytes32 resultHash;
    bytes32 replicasHash;
}
