// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {Escrow} from "./libraries/Escrow.sol";
import {Funding} from "./libraries/Funding.sol";
import {Hashes} from "./libraries/Hashes.sol";
import {PositionalMerkle} from "./libraries/PositionalMerkle.sol";
import {Payouts} from "./Payouts.sol";
import {EscrowId} from "./types/EscrowId.sol";
import {Account, Allotment, EscrowView, JobOrder, Payment, Permit, Phase, Redemption} from "./types/Orders.sol";
import {ResultLeaf} from "./types/Results.sol";

/// @title The orchestrator around `Escrow`: who may call, which token moves, what is announced
/// @dev Order everywhere: checks, state, event, token. The balance always equals the sum over live escrows of
/// budget - claimed + bond, plus fees and credits.
contract JobEscrow is Payouts, EIP712 {
    using Escrow for Escrow.State;
    using Funding for IERC20;
    using SafeERC20 for IERC20;

    /// @notice What is fixed for the life of the contract; windows in seconds.
    struct Config {
        IERC20 token;
        address authority;
        uint64 disputeWindow;
        uint64 claimWindow;
        uint64 maxDuration;
    }

    /// @notice Seconds after the end of the work in which results may be disputed.
    uint64 public immutable disputeWindow;
    /// @notice Seconds after the end of the work in which vouchers may surely be redeemed.
    uint64 public immutable claimWindow;
    /// @notice The furthest that an order's deadline may lie ahead, in seconds.
    uint64 public immutable maxDuration;

    mapping(EscrowId escrowId => Escrow.State) private _escrows;
    mapping(EscrowId orderId => bool) private _toppedUp;

    constructor(Config memory config)
        AccessManaged(config.authority)
        Payouts(config.token)
        EIP712("Starling JobEscrow", "1")
    {
        if (config.disputeWindow == 0 || config.maxDuration == 0 || config.claimWindow < config.disputeWindow) {
            revert EscrowBadWindows();
        }
        disputeWindow = config.disputeWindow;
        claimWindow = config.claimWindow;
        maxDuration = config.maxDuration;
    }

    /// @inheritdoc IJobEscrow
    function createEscrowFor(JobOrder calldata order, bytes calldata orderSignature, Permit calldata permit)
        external
        whenNotPaused
        nonReentrant
        returns (EscrowId escrowId)
    {
        escrowId = escrowIdOf(order);
        Escrow.State storage state = _escrows[escrowId];
        if (state.phase() != Phase.None) revert EscrowExists(escrowId);
        if (_toppedUp[escrowId]) revert EscrowOrderUsed(escrowId);
        _checkOrder(order, orderSignature);
        uint16 fee = feeBps;
        state.open(order, fee);
        emit EscrowCreated(
            escrowId,
            order.requester,
            order.coordinator,
            uint96(order.budget),
            order.deadline,
            order.specHash,
            order.lotteryRoot,
            fee
        );
        _collect(order, permit);
    }

    /// @inheritdoc IJobEscrow
    function topUpFor(EscrowId escrowId, JobOrder calldata order, bytes calldata orderSignature, Permit calldata permit)
        external
        whenNotPaused
        nonReentrant
    {
        EscrowId orderId = escrowIdOf(order);
        if (isUsed(orderId)) revert EscrowOrderUsed(orderId);
        _checkOrder(order, orderSignature);
        Escrow.State storage state = _escrows[escrowId];
        _toppedUp[orderId] = true;
        state.topUp(order);
        emit EscrowToppedUp(escrowId, orderId, uint96(order.budget), state.deadline, order.specHash, order.lotteryRoot);
        _collect(order, permit);
    }

    /// @inheritdoc IJobEscrow
    function allot(EscrowId escrowId, Allotment[] calldata allotments) external whenNotPaused {
        Escrow.State storage state = _coordinated(escrowId);
        state.requireWorking();
        uint256 total = state.allotted;
        for (uint256 i = 0; i < allotments.length; ++i) {
            Allotment memory one = allotments[i];
            total = total - state.reserve(one) + one.amount;
            emit Allotted(escrowId, one.worker, one.amount, one.expiresAt);
        }
        state.setAllotted(total);
    }

    /// @inheritdoc IJobEscrow
    function payBatch(EscrowId escrowId, Payment[] calldata payments) external nonReentrant {
        Escrow.State storage state = _coordinated(escrowId);
        state.requireLive();
        uint256[] memory net = new uint256[](payments.length);
        Sum memory sum = Sum({due: 0, fees: 0, feeBps: state.feeBps});
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment memory one = payments[i];
            net[i] = _claim(escrowId, state, sum, one.worker, one.cumulative);
        }
        _settle(state, sum);
        for (uint256 i = 0; i < payments.length; ++i) {
            _send(payments[i].worker, net[i]);
        }
    }

    /// @inheritdoc IJobEscrow
    function redeem(EscrowId escrowId, address worker, uint128 cumulative, bytes calldata signature)
        external
        nonReentrant
    {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        _checkSigner(voucherDigest(escrowId, worker, cumulative), signature, state.coordinator);
        Sum memory sum = Sum({due: 0, fees: 0, feeBps: state.feeBps});
        uint256 net = _claim(escrowId, state, sum, worker, cumulative);
        if (sum.due == 0) revert EscrowNothingDue();
        _settle(state, sum);
        _send(worker, net);
    }

    /// @inheritdoc IJobEscrow
    function redeemBatch(EscrowId escrowId, Redemption[] calldata redemptions) external nonReentrant {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        address coordinator = state.coordinator;
        uint256[] memory net = new uint256[](redemptions.length);
        Sum memory sum = Sum({due: 0, fees: 0, feeBps: state.feeBps});
        for (uint256 i = 0; i < redemptions.length; ++i) {
            Redemption calldata one = redemptions[i];
            _checkSigner(voucherDigest(escrowId, one.worker, one.cumulative), one.signature, coordinator);
            net[i] = _claim(escrowId, state, sum, one.worker, one.cumulative);
        }
        _settle(state, sum);
        for (uint256 i = 0; i < redemptions.length; ++i) {
            _send(redemptions[i].worker, net[i]);
        }
    }

    /// @inheritdoc IJobEscrow
    function commit(EscrowId escrowId, uint32 batch, bytes32 root, uint64 count, bool last) external nonReentrant {
        Escrow.State storage state = _coordinated(escrowId);
        state.commit(batch, root, count, last);
        emit ResultsCommitted(escrowId, batch, root, count, state.completed, last);
        if (last) _refund(escrowId, state);
    }

    /// @inheritdoc IJobEscrow
    function release(EscrowId escrowId) external {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        uint96 freed = state.giveBack(msg.sender);
        if (freed == 0) revert EscrowNothingDue();
        emit Released(escrowId, msg.sender, freed);
    }

    /// @inheritdoc IJobEscrow
    function reclaim(EscrowId escrowId, address[] calldata workers) external {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        for (uint256 i = 0; i < workers.length; ++i) {
            if (block.timestamp < state.accounts[workers[i]].expiresAt()) continue;
            uint96 freed = state.giveBack(workers[i]);
            if (freed != 0) emit Reclaimed(escrowId, workers[i], freed);
        }
    }

    /// @inheritdoc IJobEscrow
    function refund(EscrowId escrowId) external nonReentrant {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        _requireTime(state.endsAt());
        if (!_refund(escrowId, state)) revert EscrowNothingDue();
    }

    /// @inheritdoc IJobEscrow
    function close(EscrowId escrowId) external nonReentrant {
        Escrow.State storage state = _escrows[escrowId];
        state.requireLive();
        bool isNothingOwed = state.claimed == state.allotted;
        _requireTime(state.endsAt() + (isNothingOwed ? disputeWindow : claimWindow));
        (uint96 rest, uint96 bond) = state.close();
        emit EscrowClosed(escrowId, rest, bond);
        _send(state.requester, rest);
        _send(state.coordinator, bond);
    }

    /// @inheritdoc IJobEscrow
    function escrow(EscrowId escrowId) external view returns (EscrowView memory) {
        return _escrows[escrowId].read();
    }

    /// @inheritdoc IJobEscrow
    function account(EscrowId escrowId, address worker) external view returns (Account memory) {
        return _escrows[escrowId].accounts[worker].unpack();
    }

    /// @inheritdoc IJobEscrow
    function resultRoot(EscrowId escrowId, uint32 batch) external view returns (bytes32) {
        return _escrows[escrowId].roots[batch];
    }

    /// @inheritdoc IJobEscrow
    function isAnchored(EscrowId escrowId, uint32 batch, ResultLeaf calldata leaf, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        bytes32 root = _escrows[escrowId].roots[batch];
        return root != 0 && PositionalMerkle.verify(root, leaf.index, Hashes.resultLeaf(leaf), proof);
    }

    /// @inheritdoc IJobEscrow
    function finalAt(EscrowId escrowId) external view returns (uint64) {
        return _after(escrowId, disputeWindow);
    }

    /// @inheritdoc IJobEscrow
    function claimableUntil(EscrowId escrowId) external view returns (uint64) {
        return _after(escrowId, claimWindow);
    }

    /// @inheritdoc IJobEscrow
    function escrowIdOf(JobOrder calldata order) public view returns (EscrowId) {
        return Hashes.escrowId(address(this), order);
    }

    /// @inheritdoc IJobEscrow
    function isUsed(EscrowId orderId) public view returns (bool) {
        return _toppedUp[orderId] || _escrows[orderId].phase() != Phase.None;
    }

    /// @inheritdoc IJobEscrow
    function orderDigest(JobOrder calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.jobOrder(order));
    }

    /// @inheritdoc IJobEscrow
    function voucherDigest(EscrowId escrowId, address worker, uint128 cumulative) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.voucher(escrowId, worker, cumulative));
    }

    /// @dev Everything about an order that depends on no escrow.
    function _checkOrder(JobOrder calldata order, bytes calldata signature) private view {
        if (order.coordinator != msg.sender) revert EscrowNotCoordinator(msg.sender);
        if (order.requester == address(0) || order.budget == 0 || order.budget > type(uint96).max) {
            revert EscrowBadOrder();
        }
        if (order.deadline <= block.timestamp || order.deadline > block.timestamp + maxDuration) {
            revert EscrowBadDeadline(order.deadline);
        }
        _checkSigner(orderDigest(order), signature, order.requester);
    }

    function _checkSigner(bytes32 digest, bytes calldata signature, address expected) private pure {
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (signer == address(0) || signer != expected) revert EscrowBadSignature(expected);
    }

    /// @dev The payer's budget, and the bond of a coordinator that isn't the payer.
    function _collect(JobOrder calldata order, Permit calldata permit) private {
        token.collect(order.requester, order.budget, permit);
        if (order.coordinator != order.requester) {
            token.safeTransferFrom(order.coordinator, address(this), order.budget);
        }
    }

    function _coordinated(EscrowId escrowId) private view returns (Escrow.State storage state) {
        state = _escrows[escrowId];
        if (msg.sender != state.coordinator) revert EscrowNotCoordinator(msg.sender);
    }

    /// @dev Counts one payout in its account and in `sum`, and announces it; the token moves after all are counted.
    function _claim(EscrowId escrowId, Escrow.State storage state, Sum memory sum, address worker, uint256 cumulative)
        private
        returns (uint256 net)
    {
        uint256 reached;
        (net, reached) = state.claim(worker, cumulative);
        if (net == 0) return 0;
        // forge-lint: disable-next-line(unsafe-typecast) both are at most the allotment, a uint96
        emit Paid(escrowId, worker, uint96(reached), uint96(net));
        return _charge(sum, net);
    }

    function _settle(Escrow.State storage state, Sum memory sum) private {
        if (sum.due != 0) state.settle(sum.due);
        _keepFees(sum);
    }

    function _refund(EscrowId escrowId, Escrow.State storage state) private returns (bool) {
        uint96 amount = state.takeUnallotted();
        if (amount == 0) return false;
        emit Refunded(escrowId, state.requester, amount);
        _send(state.requester, amount);
        return true;
    }

    function _requireTime(uint64 readyAt) private view {
        if (block.timestamp < readyAt) revert EscrowTooEarly(readyAt);
    }

    function _after(EscrowId escrowId, uint64 window) private view returns (uint64) {
        Escrow.State storage state = _escrows[escrowId];
        return state.phase() == Phase.None ? 0 : state.endsAt() + window;
    }
}
