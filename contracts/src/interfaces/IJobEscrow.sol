// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../types/EscrowId.sol";
import {Account, Allotment, EscrowView, JobOrder, Payment, Permit, Phase, Redemption} from "../types/Orders.sol";
import {ResultLeaf} from "../types/Results.sol";

/// @title Money of jobs: deposits, allotments, payouts and result roots
/// @notice An escrow carries many jobs of one payer with one coordinator. Money leaves it to workers, up to what was
/// allotted to them, and back to the payer; each way out is open to anyone once its time has come.
interface IJobEscrow {
    /// @notice An escrow was opened and funded by its first order.
    event EscrowCreated(
        EscrowId indexed escrowId,
        address indexed requester,
        address indexed coordinator,
        uint96 budget,
        uint64 deadline,
        bytes32 specHash,
        bytes32 lotteryRoot,
        uint16 feeBps
    );
    /// @notice A later order added `amount`; `deadline` is the escrow's after it.
    event EscrowToppedUp(
        EscrowId indexed escrowId,
        EscrowId indexed orderId,
        uint96 amount,
        uint64 deadline,
        bytes32 specHash,
        bytes32 lotteryRoot
    );
    /// @notice `worker` may now be paid up to `total` (what it was paid already included).
    event Allotted(EscrowId indexed escrowId, address indexed worker, uint96 total, uint64 expiresAt);
    /// @notice `worker` was paid `paid`, fee included, and has now been paid `cumulative` in all.
    event Paid(EscrowId indexed escrowId, address indexed worker, uint96 cumulative, uint96 paid);
    /// @notice `worker` gave back the unclaimed rest of its allotment.
    event Released(EscrowId indexed escrowId, address indexed worker, uint96 amount);
    /// @notice The unclaimed rest of an expired allotment went back to the escrow.
    event Reclaimed(EscrowId indexed escrowId, address indexed worker, uint96 amount);
    /// @notice A result root was anchored; `completed` counts all results of the escrow. A zero root anchors nothing.
    event ResultsCommitted(
        EscrowId indexed escrowId, uint32 indexed batch, bytes32 root, uint64 count, uint64 completed, bool last
    );
    /// @notice Money that was not allotted went back to the payer, before the close.
    event Refunded(EscrowId indexed escrowId, address indexed requester, uint96 amount);
    /// @notice The escrow ended: `refund` to the payer, `bond` to the coordinator.
    event EscrowClosed(EscrowId indexed escrowId, uint96 refund, uint96 bond);
    /// @notice A transfer to `account` failed; the amount waits for `withdrawCredit`.
    event Credited(address indexed account, uint256 amount);
    /// @notice A waiting amount was paid out.
    event CreditWithdrawn(address indexed account, uint256 amount);
    /// @notice New escrows are charged `feeBps` hundredths of a percent on payouts.
    event FeeSet(uint16 feeBps);
    /// @notice Accrued fees were paid out.
    event FeesCollected(address indexed to, uint256 amount);

    /// @notice The order has opened an escrow already.
    error EscrowExists(EscrowId escrowId);
    /// @notice The order has been used as a top-up, or has opened an escrow.
    error EscrowOrderUsed(EscrowId orderId);
    /// @notice The order names no payer, no money, or more money than an escrow can count.
    error EscrowBadOrder();
    /// @notice The deadline is past, or further away than the longest duration.
    error EscrowBadDeadline(uint64 deadline);
    /// @notice The signature is not by `expected`.
    error EscrowBadSignature(address expected);
    /// @notice Only the escrow's coordinator may do this.
    error EscrowNotCoordinator(address caller);
    /// @notice The top-up's payer or coordinator is not the escrow's.
    error EscrowOtherParties();
    /// @notice The escrow is in `current`; bit i of `allowed` stands for phase i.
    error EscrowBadPhase(Phase current, uint8 allowed);
    /// @notice The work ended at `deadline`.
    error EscrowTooLate(uint64 deadline);
    /// @notice This is possible from `readyAt` on.
    error EscrowTooEarly(uint64 readyAt);
    /// @notice An allotment must expire in the future, and a live one never earlier than before.
    error EscrowBadExpiry(address worker, uint64 expiresAt);
    /// @notice A live allotment never shrinks, and none shrinks below what was paid.
    error EscrowShrinkingAllotment(address worker, uint96 floor, uint96 amount);
    /// @notice The allotments would exceed the budget.
    error EscrowOverBudget(uint256 budget, uint256 total);
    /// @notice Batches are numbered from 0 without gaps.
    error EscrowWrongBatch(uint32 expected, uint32 batch);
    /// @notice A batch has a root and a count; only a last commit may have neither.
    error EscrowBadBatch();
    /// @notice There is nothing to pay, return or withdraw.
    error EscrowNothingDue();
    /// @notice A window is zero, or the claim window is shorter than the dispute window.
    error EscrowBadWindows();
    /// @notice The fee exceeds the cap.
    error EscrowFeeTooHigh(uint16 feeBps, uint16 cap);

    /// @notice Opens and funds an escrow from an order that the payer signed; only the order's coordinator may submit it.
    /// @dev A coordinator other than the payer posts a bond of the same amount from its own allowance, returned at close.
    /// @param orderSignature The payer's EIP-712 signature of `order`.
    /// @param permit The payer's token permit; ignored with `deadline` 0, and harmless if somebody presented it before.
    /// @return escrowId `escrowIdOf(order)`, known before the transaction.
    function createEscrowFor(JobOrder calldata order, bytes calldata orderSignature, Permit calldata permit)
        external
        returns (EscrowId escrowId);

    /// @notice Adds a later order of the same payer and coordinator to an open escrow; each order counts once.
    function topUpFor(EscrowId escrowId, JobOrder calldata order, bytes calldata orderSignature, Permit calldata permit)
        external;

    /// @notice Sets the total that each worker may be paid; by the coordinator, before the deadline.
    /// @dev Whether a worker is registered and has pledged is for the coordinator to check: a look-up here would cost a
    /// tenth more and hold up nobody, as any operator may register any number of keys.
    function allot(EscrowId escrowId, Allotment[] calldata allotments) external;

    /// @notice Pays workers up to their cumulative amounts, within their allotments; by the coordinator.
    /// @dev Skips what is paid already and pays no more than allotted, so that no worker can make a batch fail by
    /// redeeming or releasing just before it.
    function payBatch(EscrowId escrowId, Payment[] calldata payments) external;

    /// @notice Pays one worker by a voucher that the coordinator signed; anyone may submit it, until the close.
    function redeem(EscrowId escrowId, address worker, uint128 cumulative, bytes calldata signature) external;

    /// @notice Pays many workers by vouchers; skips those with nothing due.
    function redeemBatch(EscrowId escrowId, Redemption[] calldata redemptions) external;

    /// @notice Anchors the positional Merkle root of the next batch of results; by the coordinator, before the deadline.
    /// @param last Ends the work: the unallotted part is refunded and the windows start. May come with root and count 0.
    function commit(EscrowId escrowId, uint32 batch, bytes32 root, uint64 count, bool last) external;

    /// @notice Gives back the caller's unclaimed allotment.
    function release(EscrowId escrowId) external;

    /// @notice Returns the unclaimed rest of expired allotments to the escrow; by anyone, skips the others.
    function reclaim(EscrowId escrowId, address[] calldata workers) external;

    /// @notice Refunds what is not allotted, once the work has ended; by anyone.
    function refund(EscrowId escrowId) external;

    /// @notice Ends the escrow; by anyone, after the claim window, or after the dispute window if nothing is owed.
    function close(EscrowId escrowId) external;

    /// @notice Pays out an amount whose transfer had failed; by anyone, to `account` alone.
    function withdrawCredit(address account) external;

    /// @notice Sets the fee of escrows to come; by the access manager's choice.
    function setFee(uint16 newFeeBps) external;

    /// @notice Pays accrued fees to `to`; by the access manager's choice.
    function collectFees(address to) external;

    /// @notice The escrow as it stands; phase None if unknown.
    function escrow(EscrowId escrowId) external view returns (EscrowView memory);

    /// @notice A worker's account in an escrow; zeros if it has none.
    function account(EscrowId escrowId, address worker) external view returns (Account memory);

    /// @notice The anchored root of a batch; 0 if there is none.
    function resultRoot(EscrowId escrowId, uint32 batch) external view returns (bytes32);

    /// @notice Whether `leaf` is anchored in a batch of the escrow.
    function isAnchored(EscrowId escrowId, uint32 batch, ResultLeaf calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (bool);

    /// @notice Unix seconds at which the escrow's results are final: last commit, else deadline, plus the dispute window;
    /// 0 if unknown.
    function finalAt(EscrowId escrowId) external view returns (uint64);

    /// @notice Unix seconds from which anyone may close the escrow, whatever is unclaimed; 0 if unknown.
    function claimableUntil(EscrowId escrowId) external view returns (uint64);

    /// @notice The id of the escrow that an order opens; also the name of the order itself.
    function escrowIdOf(JobOrder calldata order) external view returns (EscrowId);

    /// @notice Whether an order has been used, as opening or as top-up.
    function isUsed(EscrowId orderId) external view returns (bool);

    /// @notice The EIP-712 digest that the payer signs.
    function orderDigest(JobOrder calldata order) external view returns (bytes32);

    /// @notice The EIP-712 digest that the coordinator signs.
    function voucherDigest(EscrowId escrowId, address worker, uint128 cumulative) external view returns (bytes32);

    /// @notice What waits for `account` after a failed transfer.
    function creditOf(address who) external view returns (uint256);
}
