// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../types/EscrowId.sol";
import {Bond, Node, Pledge, PledgeAllowance, PledgeOrder, Registration} from "../types/Nodes.sol";
import {Permit} from "../types/Orders.sol";

/// @title Who works here, for which operator, and what stands behind it
/// @notice Stake belongs to operators (cold keys). A worker (hot key) is registered once, under one operator, with both
/// sides' consent. Stake is pledged per escrow, so that one stake can't back many coordinators.
interface IStakeRegistry {
    /// @notice A worker was registered, or its peer id renewed.
    event NodeRegistered(address indexed operator, address indexed worker, bytes32 peerIdHash, uint64 seq);
    /// @notice `amount` was added; `stake` is the operator's after it.
    event StakeIncreased(address indexed operator, uint128 amount, uint128 stake);
    /// @notice The operator leaves; its unpledged stake may be withdrawn from `readyAt` on.
    event UnbondStarted(address indexed operator, uint64 readyAt);
    /// @notice The operator stays after all.
    event UnbondCancelled(address indexed operator);
    /// @notice Stake went back to the operator; `stake` (all of it pledged) is left.
    event StakeWithdrawn(address indexed operator, uint128 amount, uint128 stake);
    /// @notice How much of the operator's stake `worker` may still pledge by itself.
    event PledgeAllowanceSet(address indexed operator, address indexed worker, uint128 allowance);
    /// @notice `added` was pledged to an escrow, `total` over its whole life, until `releaseAt` or the escrow's finality.
    event Pledged(EscrowId indexed escrowId, address indexed operator, uint128 added, uint128 total, uint64 releaseAt);
    /// @notice A pledge ended.
    event PledgeReleased(EscrowId indexed escrowId, address indexed operator, uint128 amount);
    /// @notice The court holds a pledge (`locks` disputes are open).
    event PledgeLocksSet(EscrowId indexed escrowId, address indexed operator, uint32 locks);
    /// @notice The court took a fine out of a pledge.
    event Slashed(EscrowId indexed escrowId, address indexed operator, uint128 amount, address recipient);

    /// @notice `worker` may be drawn as a juror; there are `seats` now.
    event JuryJoined(address indexed operator, address indexed worker, uint128 stake, uint256 seats);
    /// @notice `worker` left the pool; disputes that had begun may still draw it, so its stake stays until `releaseAt`.
    event JuryLeft(address indexed operator, address indexed worker, uint64 releaseAt, uint256 seats);

    /// @notice The signature is not by `expected`.
    error StakeBadSignature(address expected);
    /// @notice Operator or worker is the zero address.
    error StakeBadRegistration();
    /// @notice The worker belongs to another operator already, for good.
    error StakeOtherOperator(address operator);
    /// @notice A registration's sequence must exceed the last one, `seq`.
    error StakeOldSequence(uint64 seq);
    /// @notice The operator's stake would be below the minimum.
    error StakeBelowMinimum(uint128 stake, uint128 minimum);
    /// @notice Only the worker itself may call `register`; others present its signature to `registerFor`.
    error StakeNotWorker(address caller);
    /// @notice Only the worker's operator may do this.
    error StakeNotOperator(address caller);
    /// @notice Only the court may do this.
    error StakeNotCourt(address caller);
    /// @notice The operator is leaving.
    error StakeUnbonding(uint64 unbondAt);
    /// @notice The operator isn't leaving.
    error StakeNotUnbonding();
    /// @notice This is possible from `readyAt` on.
    error StakeTooEarly(uint64 readyAt);
    /// @notice All that is left is pledged.
    error StakePledged(uint128 pledged);
    /// @notice There is no stake, or nothing to add.
    error StakeEmpty();
    /// @notice The operator has pledged nothing to this escrow.
    error StakeNoPledge();
    /// @notice Only `free` is unpledged.
    error StakeInsufficient(uint128 free, uint128 amount);
    /// @notice The worker may pledge only `allowance` more.
    error StakeAllowanceExceeded(uint128 allowance, uint128 amount);
    /// @notice An allowance's sequence must exceed the last one, `seq`.
    error StakeOldAllowance(uint64 seq);
    /// @notice A signed pledge must raise the operator's total in the escrow, which is `total` already, or prolong it.
    error StakePledgeUsed(uint128 total);
    /// @notice The signature was good until `deadline`.
    error StakeTooLate(uint64 deadline);
    /// @notice The escrow is final at `finalAt`, which is later than the signer agreed to.
    error StakeTooLong(uint64 finalAt, uint64 releaseBy);
    /// @notice A dispute holds the pledge.
    error StakeLocked(uint32 locks);
    /// @notice The escrow is unknown, or final since `finalAt`.
    error StakeEscrowFinal(uint64 finalAt);
    /// @notice The worker has a seat in the jury pool, or the stake of a former one isn't released yet.
    error StakeSeated();
    /// @notice The worker has no seat in the jury pool.
    error StakeNotSeated();

    /// @notice Registers the caller as a worker of `operator`, or renews its peer id; the caller pays `amount` of stake.
    /// @param seq Must exceed the worker's last one.
    /// @param amount May be 0 if the operator's stake is at the minimum already.
    /// @param operatorSignature The operator's EIP-712 signature of `Registration(operator, worker, peerIdHash, seq)`.
    function register(
        address operator,
        address worker,
        bytes32 peerIdHash,
        uint64 seq,
        uint128 amount,
        bytes calldata operatorSignature
    ) external;

    /// @notice The same by anyone, who pays the stake, by permit or allowance: for hot keys without gas.
    /// @param workerSignature The worker's signature of the same digest; without it anyone could squat a worker's address.
    function registerFor(
        Registration calldata registration,
        uint128 amount,
        bytes calldata operatorSignature,
        bytes calldata workerSignature,
        Permit calldata permit
    ) external;

    /// @notice Adds to an operator's stake from the caller's money.
    function increaseStake(address operator, uint128 amount) external;

    /// @notice Starts leaving with the caller's whole stake.
    function startUnbond() external;

    /// @notice Stops leaving.
    function cancelUnbond() external;

    /// @notice Sends an operator what it may withdraw after it has left; by anyone.
    function withdraw(address operator) external;

    /// @notice Lets a worker pledge up to `allowance` more of the caller's stake by itself, so that a cold key need not
    /// be at hand for each escrow. The largest number of all means any amount, for good.
    function setPledgeAllowance(address worker, uint128 allowance) external;

    /// @notice The same by anyone: for cold keys without gas.
    /// @param operatorSignature The operator's EIP-712 signature of `PledgeAllowance(worker, allowance, seq)`.
    function setPledgeAllowanceFor(PledgeAllowance calldata allowance, bytes calldata operatorSignature) external;

    /// @notice Pledges stake to an escrow that isn't final; by the operator, or its worker within its allowance.
    /// @dev A pledge lasts until the escrow's finality as it stands now. Where the escrow is prolonged later, pledging
    /// again (`amount` may then be 0) prolongs the pledge too: nobody else can.
    function pledge(EscrowId escrowId, address operator, uint128 amount) external;

    /// @notice The same by anyone, for workers without gas: raises the operator's total in the escrow to the signed one.
    /// @dev The same total again adds nothing, and prolongs what stands of the pledge where the escrow was prolonged.
    /// @param signature The EIP-712 signature of the order, by the operator or by its worker within its allowance.
    function pledgeFor(PledgeOrder calldata order, bytes calldata signature) external;

    /// @notice Ends a pledge after the escrow's finality; by anyone.
    function releasePledge(EscrowId escrowId, address operator) external;

    /// @notice Takes a seat in the jury pool for `worker`, with `seatStake` of its operator's unpledged stake behind it;
    /// by the operator, or the worker within its allowance.
    /// @dev Each seat has stake of its own, so that seats can't be multiplied by registering keys. That stake is a pledge
    /// to `seatOf(worker)`.
    function joinJury(address worker) external;

    /// @notice Leaves the pool; by the worker or its operator, or by anyone once the operator is leaving or fines have
    /// eaten into the seat's stake. The stake follows through `releasePledge(seatOf(worker), operator)`.
    function leaveJury(address worker) external;

    /// @notice Holds a pledge while a dispute is open; by the court.
    function lock(EscrowId escrowId, address operator) external;

    /// @notice Lets go of one lock; by the court.
    function unlock(EscrowId escrowId, address operator) external;

    /// @notice Takes up to `fine` out of a pledge; by the court.
    /// @return taken What was left to take.
    function slash(EscrowId escrowId, address operator, uint128 fine, address recipient)
        external
        returns (uint128 taken);

    /// @notice A worker's registration; zeros if there is none.
    function node(address worker) external view returns (Node memory);

    /// @notice A worker's operator; zero if it isn't registered.
    function operatorOf(address worker) external view returns (address);

    /// @notice An operator's stake, pledged part included.
    function stakeOf(address operator) external view returns (uint128);

    /// @notice An operator's stake, what of it is pledged, and when it may leave.
    function bondOf(address operator) external view returns (Bond memory);

    /// @notice What an operator has pledged to an escrow.
    function pledgeOf(EscrowId escrowId, address operator) external view returns (Pledge memory);

    /// @notice What stands behind each seat of the jury pool, in base units.
    function seatStake() external view returns (uint128);

    /// @notice Seconds for which a juror's stake stays after it left the pool.
    function seatDelay() external view returns (uint64);

    /// @notice Under what a juror's stake is pledged.
    function seatOf(address worker) external pure returns (EscrowId);

    /// @notice Whether a worker has a seat in the jury pool now.
    function isSeated(address worker) external view returns (bool);

    /// @notice How many seats the jury pool had at the end of second `time`, which must be past for the answer to last.
    function seatCountAt(uint48 time) external view returns (uint256);

    /// @notice Which worker had seat `index` (from 0, without gaps) at the end of second `time`.
    function seatAt(uint256 index, uint48 time) external view returns (address worker);

    /// @notice The EIP-712 digest that operator and worker sign.
    function registrationDigest(Registration calldata registration) external view returns (bytes32);

    /// @notice The EIP-712 digest that an operator or its worker signs to pledge.
    function pledgeDigest(PledgeOrder calldata order) external view returns (bytes32);

    /// @notice The EIP-712 digest that an operator signs to let a worker pledge.
    function pledgeAllowanceDigest(PledgeAllowance calldata allowance) external view returns (bytes32);
}
