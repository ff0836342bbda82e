// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "./EscrowId.sol";

/// @notice Names a dispute: the hash of escrow and task spec, so that a task is disputed once.
type DisputeId is bytes32;

/// @notice Seconds that each part of a dispute lasts at most.
/// @param evidence In which signers may be implicated, from the opening on.
/// @param draw In which a jury has to be drawn.
/// @param commit In which jurors commit to their answers, from the draw on.
/// @param reveal In which they reveal them.
/// @param appeal In which the first jury's ruling may be appealed.
struct Windows {
    uint40 evidence;
    uint40 draw;
    uint40 commit;
    uint40 reveal;
    uint40 appeal;
}

/// @notice Where a dispute stands; derived from its data and the time, never stored.
enum Stage {
    None,
    Evidence,
    Drawing,
    Voting,
    Revealing,
    Appealable,
    Ripe,
    Resolved
}

/// @notice How a dispute ended. `Undecided` is no verdict: nobody is fined for a result then.
enum Outcome {
    None,
    Undecided,
    Upheld,
    Overturned
}

/// @notice One worker's answer to a task, with the signature that it can't deny.
/// @param resultsRoot Root of the positional tree of receipt leaves that the worker signed.
/// @param index Where in that tree the answer stands.
/// @param fine What the worker signed to pay if the answer is wrong, in base units.
/// @param signature EIP-712 signature of `BatchReceipt(escrowId, resultsRoot, fine)`.
struct Statement {
    address worker;
    uint32 attempt;
    bytes32 resultHash;
    bytes32 resultsRoot;
    uint64 index;
    uint128 fine;
    bytes32[] proof;
    bytes signature;
}

/// @notice A signer that a dispute holds to its answer.
/// @param fine What it may lose: what it signed, and no more than was pledged when it was implicated.
struct Accused {
    address worker;
    uint32 attempt;
    address operator;
    uint96 fine;
    bytes32 resultHash;
}

/// @notice One juror's vote.
/// @param round 1 for the first jury, 2 for the appeal's; 0 for somebody who wasn't drawn.
/// @param answer The result hash that was revealed; 0 for an abstention.
struct Ballot {
    uint8 round;
    bool revealed;
    bytes32 commitment;
    bytes32 answer;
}

/// @notice One jury and what pays it.
/// @param payer Who posted the bond: the challenger, or the appellant.
/// @param opensAt Unix seconds from which the jury may be drawn.
/// @param drawnAt Unix seconds of the draw; 0 before it.
/// @param seedBlock The block whose hash draws the jury; 0 before it was fixed.
struct Round {
    address payer;
    uint40 opensAt;
    uint40 drawnAt;
    uint64 seedBlock;
    uint96 bond;
    address[] jurors;
}

/// @notice Everything about one dispute but its signers, rounds and ballots.
/// @param contested The result hash in question.
/// @param defendant Who gets the challenger's bond if the result is upheld: the accused worker's operator, or the
/// coordinator that anchored the leaf.
/// @param isLeaf Whether an anchored leaf is in question, not a receipt.
/// @param round Number of the latest round: 2 after an appeal, else 1.
/// @param verdict The right result hash, once there is a ruling.
struct DisputeView {
    Stage stage;
    Outcome outcome;
    bool isLeaf;
    EscrowId escrowId;
    bytes32 taskSpec;
    bytes32 contested;
    bytes32 verdict;
    address defendant;
    uint40 openedAt;
    uint8 round;
}
