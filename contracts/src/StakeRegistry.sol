// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {IStakeRegistry} from "./interfaces/IStakeRegistry.sol";
import {Funding} from "./libraries/Funding.sol";
import {Hashes} from "./libraries/Hashes.sol";
import {JuryPool} from "./libraries/JuryPool.sol";
import {Stake} from "./libraries/Stake.sol";
import {PausableEntrances} from "./PausableEntrances.sol";
import {EscrowId} from "./types/EscrowId.sol";
import {Bond, Node, Pledge, PledgeAllowance, PledgeOrder, Registration} from "./types/Nodes.sol";
import {Permit} from "./types/Orders.sol";

/// @title The orchestrator around `Stake`: who may call, which token moves, what is announced
/// @dev Order everywhere: checks, state, event, token. The balance always equals the sum of all operators' stakes.
contract StakeRegistry is IStakeRegistry, PausableEntrances, EIP712, ReentrancyGuardTransient {
    using Funding for IERC20;
    using JuryPool for JuryPool.State;
    using SafeERC20 for IERC20;
    using Stake for Stake.State;

    /// @notice What is fixed for the life of the contract; the delays in seconds.
    struct Config {
        IERC20 token;
        IJobEscrow escrow;
        address court;
        address authority;
        uint128 minimumStake;
        uint64 unbondDelay;
        uint128 seatStake;
        uint64 seatDelay;
    }

    /// @notice The one token, fixed at deployment.
    IERC20 public immutable token;
    /// @notice Says when an escrow is final.
    IJobEscrow public immutable escrow;
    /// @notice The only account that may lock and slash.
    address public immutable court;
    /// @notice What an operator must have at stake to register a worker.
    uint128 public immutable minimumStake;
    /// @notice Seconds between the wish to leave and the first withdrawal.
    uint64 public immutable unbondDelay;
    /// @inheritdoc IStakeRegistry
    uint128 public immutable seatStake;
    /// @inheritdoc IStakeRegistry
    uint64 public immutable seatDelay;

    mapping(address worker => Node) private _nodes;
    mapping(address operator => Stake.State) private _stakes;
    JuryPool.State private _jury;

    modifier onlyCourt() {
        if (msg.sender != court) revert StakeNotCourt(msg.sender);
        _;
    }

    constructor(Config memory config) AccessManaged(config.authority) EIP712("Starling Identity", "1") {
        token = config.token;
        escrow = config.escrow;
        court = config.court;
        minimumStake = config.minimumStake;
        unbondDelay = config.unbondDelay;
        seatStake = config.seatStake;
        seatDelay = config.seatDelay;
    }

    /// @inheritdoc IStakeRegistry
    function register(
        address operator,
        address worker,
        bytes32 peerIdHash,
        uint64 seq,
        uint128 amount,
        bytes calldata operatorSignature
    ) external whenNotPaused nonReentrant {
        if (msg.sender != worker) revert StakeNotWorker(msg.sender);
        Registration memory one = Registration(operator, worker, peerIdHash, seq);
        _register(one, amount, operatorSignature);
        if (amount != 0) token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStakeRegistry
    function registerFor(
        Registration calldata registration,
        uint128 amount,
        bytes calldata operatorSignature,
        bytes calldata workerSignature,
        Permit calldata permit
    ) external whenNotPaused nonReentrant {
        _checkSigner(registrationDigest(registration), workerSignature, registration.worker);
        _register(registration, amount, operatorSignature);
        if (amount != 0) token.collect(msg.sender, amount, permit);
    }

    /// @inheritdoc IStakeRegistry
    function increaseStake(address operator, uint128 amount) external whenNotPaused nonReentrant {
        if (amount == 0 || operator == address(0)) revert StakeEmpty();
        _deposit(operator, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStakeRegistry
    function startUnbond() external {
        uint64 readyAt = uint64(block.timestamp) + unbondDelay;
        _stakes[msg.sender].startUnbond(readyAt);
        emit UnbondStarted(msg.sender, readyAt);
    }

    /// @inheritdoc IStakeRegistry
    function cancelUnbond() external {
        _stakes[msg.sender].cancelUnbond();
        emit UnbondCancelled(msg.sender);
    }

    /// @inheritdoc IStakeRegistry
    function withdraw(address operator) external nonReentrant {
        Stake.State storage state = _stakes[operator];
        uint128 amount = state.withdraw();
        emit StakeWithdrawn(operator, amount, state.bond.stake);
        token.safeTransfer(operator, amount);
    }

    /// @inheritdoc IStakeRegistry
    function setPledgeAllowance(address worker, uint128 allowance) external {
        Node storage one = _nodes[worker];
        if (one.operator != msg.sender) revert StakeNotOperator(msg.sender);
        _allow(one, PledgeAllowance(worker, allowance, one.allowanceSeq + 1));
    }

    /// @inheritdoc IStakeRegistry
    function setPledgeAllowanceFor(PledgeAllowance calldata allowance, bytes calldata operatorSignature) external {
        Node storage one = _nodes[allowance.worker];
        _checkSigner(pledgeAllowanceDigest(allowance), operatorSignature, one.operator);
        if (allowance.seq <= one.allowanceSeq) revert StakeOldAllowance(one.allowanceSeq);
        _allow(one, allowance);
    }

    /// @inheritdoc IStakeRegistry
    function pledge(EscrowId escrowId, address operator, uint128 amount) external whenNotPaused {
        _pledge(msg.sender, escrowId, operator, amount);
    }

    /// @inheritdoc IStakeRegistry
    function pledgeFor(PledgeOrder calldata order, bytes calldata signature) external whenNotPaused {
        if (block.timestamp > order.deadline) revert StakeTooLate(order.deadline);
        (address signer,,) = ECDSA.tryRecoverCalldata(pledgeDigest(order), signature);
        if (signer == address(0)) revert StakeBadSignature(order.operator);
        uint128 before = _stakes[order.operator].pledges[order.escrowId].total;
        uint64 releaseAt = _stakes[order.operator].pledges[order.escrowId].releaseAt;
        if (order.total < before) revert StakePledgeUsed(before);
        uint64 finalAt = _pledge(signer, order.escrowId, order.operator, order.total - before);
        // The same total again adds nothing: it may only prolong what stands.
        if (order.total == before && finalAt <= releaseAt) revert StakePledgeUsed(before);
        // The escrow may have been prolonged since it was signed.
        if (finalAt > order.releaseBy) revert StakeTooLong(finalAt, order.releaseBy);
    }

    /// @inheritdoc IStakeRegistry
    function releasePledge(EscrowId escrowId, address operator) external {
        uint64 finalAt = escrow.finalAt(escrowId);
        // What is pledged to no escrow is a juror's seat, which ends when it was left and not before.
        uint128 amount = _stakes[operator].release(escrowId, finalAt == 0 ? type(uint64).max : finalAt);
        emit PledgeReleased(escrowId, operator, amount);
    }

    /// @inheritdoc IStakeRegistry
    function joinJury(address worker) external whenNotPaused {
        address operator = _nodes[worker].operator;
        if (msg.sender != operator) {
            if (msg.sender != worker) revert StakeNotWorker(msg.sender);
            _spendAllowance(worker, operator, seatStake);
        }
        Stake.State storage state = _stakes[operator];
        EscrowId seat = seatOf(worker);
        Pledge memory old = state.pledges[seat];
        if (_jury.isSeated(worker) || old.amount != 0 || old.locks != 0) revert StakeSeated();
        state.pledge(seat, seatStake, type(uint40).max);
        emit JuryJoined(operator, worker, seatStake, _jury.add(worker));
    }

    /// @inheritdoc IStakeRegistry
    function leaveJury(address worker) external {
        address operator = _nodes[worker].operator;
        if (!_jury.isSeated(worker)) revert StakeNotSeated();
        Stake.State storage state = _stakes[operator];
        EscrowId seat = seatOf(worker);
        bool isOwn = msg.sender == worker || msg.sender == operator;
        bool isDue = state.bond.unbondAt != 0 || state.pledges[seat].amount < seatStake;
        if (!isOwn && !isDue) revert StakeNotWorker(msg.sender);
        uint64 releaseAt = uint64(block.timestamp) + seatDelay;
        state.endAt(seat, releaseAt);
        emit JuryLeft(operator, worker, releaseAt, _jury.remove(worker));
    }

    /// @inheritdoc IStakeRegistry
    function lock(EscrowId escrowId, address operator) external onlyCourt {
        Stake.State storage state = _stakes[operator];
        state.lock(escrowId);
        emit PledgeLocksSet(escrowId, operator, state.pledges[escrowId].locks);
    }

    /// @inheritdoc IStakeRegistry
    function unlock(EscrowId escrowId, address operator) external onlyCourt {
        Stake.State storage state = _stakes[operator];
        state.unlock(escrowId);
        emit PledgeLocksSet(escrowId, operator, state.pledges[escrowId].locks);
    }

    /// @inheritdoc IStakeRegistry
    function slash(EscrowId escrowId, address operator, uint128 fine, address recipient)
        external
        onlyCourt
        nonReentrant
        returns (uint128 taken)
    {
        taken = _stakes[operator].slash(escrowId, fine);
        emit Slashed(escrowId, operator, taken, recipient);
        if (taken != 0) token.safeTransfer(recipient, taken);
    }

    /// @inheritdoc IStakeRegistry
    function node(address worker) external view returns (Node memory) {
        return _nodes[worker];
    }

    /// @inheritdoc IStakeRegistry
    function operatorOf(address worker) external view returns (address) {
        return _nodes[worker].operator;
    }

    /// @inheritdoc IStakeRegistry
    function stakeOf(address operator) external view returns (uint128) {
        return _stakes[operator].bond.stake;
    }

    /// @inheritdoc IStakeRegistry
    function bondOf(address operator) external view returns (Bond memory) {
        return _stakes[operator].bond;
    }

    /// @inheritdoc IStakeRegistry
    function pledgeOf(EscrowId escrowId, address operator) external view returns (Pledge memory) {
        return _stakes[operator].pledges[escrowId];
    }

    /// @inheritdoc IStakeRegistry
    function isSeated(address worker) external view returns (bool) {
        return _jury.isSeated(worker);
    }

    /// @inheritdoc IStakeRegistry
    function seatCountAt(uint48 time) external view returns (uint256) {
        return _jury.countAt(time);
    }

    /// @inheritdoc IStakeRegistry
    function seatAt(uint256 index, uint48 time) external view returns (address) {
        return _jury.seatAt(index, time);
    }

    /// @inheritdoc IStakeRegistry
    function seatOf(address worker) public pure returns (EscrowId) {
        return Hashes.seat(worker);
    }

    /// @inheritdoc IStakeRegistry
    function registrationDigest(Registration memory registration) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.registration(registration));
    }

    /// @inheritdoc IStakeRegistry
    function pledgeDigest(PledgeOrder memory order) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.pledgeOrder(order));
    }

    /// @inheritdoc IStakeRegistry
    function pledgeAllowanceDigest(PledgeAllowance memory allowance) public view returns (bytes32) {
        return _hashTypedDataV4(Hashes.pledgeAllowance(allowance));
    }

    /// @dev The worker has consented already, by calling or by signing.
    function _register(Registration memory one, uint128 amount, bytes calldata operatorSignature) private {
        if (one.operator == address(0) || one.worker == address(0)) revert StakeBadRegistration();
        _checkSigner(registrationDigest(one), operatorSignature, one.operator);
        Node storage known = _nodes[one.worker];
        // A worker never changes sides: it could otherwise leave its fines behind with the old operator.
        if (known.operator != address(0) && known.operator != one.operator) revert StakeOtherOperator(known.operator);
        if (one.seq <= known.seq) revert StakeOldSequence(known.seq);
        (known.operator, known.seq, known.peerIdHash) = (one.operator, one.seq, one.peerIdHash);
        emit NodeRegistered(one.operator, one.worker, one.peerIdHash, one.seq);
        _deposit(one.operator, amount);
        uint128 stake = _stakes[one.operator].bond.stake;
        if (stake < minimumStake) revert StakeBelowMinimum(stake, minimumStake);
    }

    function _deposit(address operator, uint128 amount) private {
        Stake.State storage state = _stakes[operator];
        state.deposit(amount);
        if (amount != 0) emit StakeIncreased(operator, amount, state.bond.stake);
    }

    function _allow(Node storage one, PledgeAllowance memory allowance) private {
        (one.pledgeAllowance, one.allowanceSeq) = (allowance.allowance, allowance.seq);
        emit PledgeAllowanceSet(one.operator, allowance.worker, allowance.allowance);
    }

    /// @dev `by` called or signed.
    function _pledge(address by, EscrowId escrowId, address operator, uint128 amount) private returns (uint64 finalAt) {
        if (by != operator) _spendAllowance(by, operator, amount);
        finalAt = escrow.finalAt(escrowId);
        if (finalAt <= block.timestamp) revert StakeEscrowFinal(finalAt);
        Stake.State storage state = _stakes[operator];
        state.pledge(escrowId, amount, finalAt);
        Pledge memory now_ = state.pledges[escrowId];
        emit Pledged(escrowId, operator, amount, now_.total, now_.releaseAt);
    }

    function _spendAllowance(address worker, address operator, uint128 amount) private {
        Node storage one = _nodes[worker];
        if (one.operator != operator) revert StakeNotOperator(worker);
        uint128 allowance = one.pledgeAllowance;
        if (amount > allowance) revert StakeAllowanceExceeded(allowance, amount);
        if (allowance != type(uint128).max) one.pledgeAllowance = allowance - amount;
    }

    function _checkSigner(bytes32 digest, bytes calldata signature, address expected) private pure {
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (signer == address(0) || signer != expected) revert StakeBadSignature(expected);
    }
}
