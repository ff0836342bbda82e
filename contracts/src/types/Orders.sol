// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a payer signs once per job: who may spend how much of his money on which work, until when.
/// @param requester The payer; owns the budget and gets what is not paid out.
/// @param coordinator The only account that may submit this order, allot, pay and anchor under it.
/// @param budget Money of this order, in base units of the token.
/// @param specHash Hash of the canonical job spec.
/// @param lotteryRoot Merkle root of the audit lottery's hashed secrets.
/// @param deadline Unix seconds; no allotment and no result root is accepted from then on.
/// @param salt Tells apart orders that are otherwise equal.
struct JobOrder {
    address requester;
    address coordinator;
    uint128 budget;
    bytes32 specHash;
    bytes32 lotteryRoot;
    uint64 deadline;
    bytes32 salt;
}

/// @notice An EIP-2612 permit of the paying account to the receiving contract; `deadline` 0 means that there is none.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @notice Reserves money for one worker: `amount` is the worker's new total, paid part included, not an increment.
/// @param expiresAt Unix seconds; from then on anyone may return the unclaimed rest to the escrow.
struct Allotment {
    address worker;
    uint96 amount;
    uint64 expiresAt;
}

/// @notice Pays one worker up to `cumulative`, which counts everything this escrow ever paid it.
struct Payment {
    address worker;
    uint96 cumulative;
}

/// @notice A coordinator's voucher with its signature, as a worker or a relayer submits it.
struct Redemption {
    address worker;
    uint128 cumulative;
    bytes signature;
}

/// @notice One worker's money in one escrow: 0 <= claimed <= allotted.
struct Account {
    uint96 allotted;
    uint96 claimed;
    uint64 expiresAt;
}

/// @notice Where an escrow stands; derived from its data, never stored.
enum Phase {
    None,
    Open,
    Committed,
    Closed
}

/// @notice Everything the contract knows about one escrow but its accounts and roots.
/// @param budget What is still under the escrow's care or was paid from it: deposits less refunds.
/// @param committedAt Unix seconds of the last commit; 0 before it.
struct EscrowView {
    Phase phase;
    address requester;
    address coordinator;
    uint64 deadline;
    uint64 committedAt;
    uint32 batches;
    uint64 completed;
    uint16 feeBps;
    uint96 budget;
    uint96 allotted;
    uint96 claimed;
    uint96 bond;
}
