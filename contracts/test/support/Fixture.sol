// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {JobEscrow} from "../../src/JobEscrow.sol";
import {StakeRegistry} from "../../src/StakeRegistry.sol";
import {MockUSD} from "../../src/devnet/MockUSD.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {Registration} from "../../src/types/Nodes.sol";
import {Account, Allotment, EscrowView, JobOrder, Payment, Permit} from "../../src/types/Orders.sol";
import {vm} from "./Vm.sol";

/// @notice Deploys everything as a devnet does, and gives tests funded actors and short ways to act as them.
abstract contract Fixture {
    uint64 internal constant DISPUTE = 3 days;
    uint64 internal constant CLAIM = 7 days;
    uint64 internal constant LONGEST = 14 days;
    uint64 internal constant UNBOND = 17 days;
    uint128 internal constant MINIMUM = 100e6;
    uint128 internal constant SEAT = 50e6;
    uint96 internal constant BUDGET = 1000e6;
    uint64 internal constant START = 1_700_000_000;

    uint256 internal constant PAYER_KEY = 0xA1;
    uint256 internal constant SERVICE_KEY = 0xB1;
    uint256 internal constant OPERATOR_KEY = 0xC1;
    uint256 internal constant WORKER_KEY = 0xD1;

    address internal immutable payer = vm.addr(PAYER_KEY);
    /// @dev A coordinator that isn't the payer.
    address internal immutable service = vm.addr(SERVICE_KEY);
    address internal immutable operator = vm.addr(OPERATOR_KEY);
    address internal immutable worker = vm.addr(WORKER_KEY);
    address internal immutable stranger = address(0x57A4);
    address internal court;

    MockUSD internal token;
    AccessManager internal authority;
    StakeRegistry internal registry;
    JobEscrow internal escrows;

    function setUp() public virtual {
        vm.warp(START);
        deploy(new MockUSD());
        token.mint(payer, 1_000_000e6);
        token.mint(service, 1_000_000e6);
        token.mint(operator, 1_000_000e6);
        vm.prank(payer);
        token.approve(address(escrows), type(uint256).max);
        vm.prank(service);
        token.approve(address(escrows), type(uint256).max);
        vm.prank(operator);
        token.approve(address(registry), type(uint256).max);
    }

    function deploy(MockUSD chosen) internal {
        token = chosen;
        authority = new AccessManager(address(this));
        escrows = new JobEscrow(
            JobEscrow.Config({
                token: IERC20(address(token)),
                authority: address(authority),
                disputeWindow: DISPUTE,
                claimWindow: CLAIM,
                maxDuration: LONGEST
            })
        );
        court = plannedCourt();
        registry = new StakeRegistry(
            StakeRegistry.Config({
                token: IERC20(address(token)),
                escrow: escrows,
                court: court,
                authority: address(authority),
                minimumStake: MINIMUM,
                unbondDelay: UNBOND,
                seatStake: SEAT,
                seatDelay: seatDelay()
            })
        );
        deployCourt();
    }

    /// @dev Tests of the registry alone play the court themselves.
    function plannedCourt() internal virtual returns (address) {
        return address(0xC0C0);
    }

    function deployCourt() internal virtual {}

    function seatDelay() internal pure virtual returns (uint64) {
        return UNBOND;
    }

    // --- orders ---------------------------------------------------------------------------------------------------

    function orderOf(address coordinator, uint128 budget, uint256 salt) internal view returns (JobOrder memory) {
        return JobOrder({
            requester: payer,
            coordinator: coordinator,
            budget: budget,
            specHash: keccak256("spec"),
            lotteryRoot: keccak256("lottery"),
            deadline: uint64(block.timestamp) + 1 days,
            salt: bytes32(salt)
        });
    }

    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signedOrder(JobOrder memory order) internal view returns (bytes memory) {
        return signed(PAYER_KEY, escrows.orderDigest(order));
    }

    function noPermit() internal pure returns (Permit memory permit) {}

    function permitOf(uint256 key, address spender, uint256 value) internal view returns (Permit memory permit) {
        address owner = vm.addr(key);
        permit.value = value;
        permit.deadline = block.timestamp + 1 hours;
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 body = keccak256(abi.encode(typeHash, owner, spender, value, token.nonces(owner), permit.deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), body));
        (permit.v, permit.r, permit.s) = vm.sign(key, digest);
    }

    /// @dev Opens an escrow of the payer's own coordinator.
    function opened(uint128 budget) internal returns (EscrowId) {
        return submit(orderOf(payer, budget, 1));
    }

    function submit(JobOrder memory order) internal returns (EscrowId) {
        bytes memory signature = signedOrder(order);
        vm.prank(order.coordinator);
        return escrows.createEscrowFor(order, signature, noPermit());
    }

    function topUp(EscrowId id, JobOrder memory order) internal {
        bytes memory signature = signedOrder(order);
        vm.prank(order.coordinator);
        escrows.topUpFor(id, order, signature, noPermit());
    }

    // --- workers --------------------------------------------------------------------------------------------------

    function registerWorker() internal {
        registerAs(OPERATOR_KEY, WORKER_KEY, 1, MINIMUM);
    }

    /// @dev Registers through the relayed way, the operator paying.
    function registerAs(uint256 operatorKey, uint256 workerKey, uint64 seq, uint128 amount) internal {
        Registration memory one = Registration(vm.addr(operatorKey), vm.addr(workerKey), keccak256("peer"), seq);
        bytes32 digest = registry.registrationDigest(one);
        (bytes memory mine, bytes memory its) = (signed(operatorKey, digest), signed(workerKey, digest));
        vm.prank(vm.addr(operatorKey));
        registry.registerFor(one, amount, mine, its, noPermit());
    }

    // --- money ----------------------------------------------------------------------------------------------------

    function allot(EscrowId id, address to, uint96 amount) internal {
        allotUntil(id, to, amount, uint64(block.timestamp) + 1 hours);
    }

    function allotUntil(EscrowId id, address to, uint96 amount, uint64 expiresAt) internal {
        vm.prank(escrows.escrow(id).coordinator);
        escrows.allot(id, oneAllotment(to, amount, expiresAt));
    }

    function oneAllotment(address to, uint96 amount, uint64 expiresAt) internal pure returns (Allotment[] memory list) {
        list = new Allotment[](1);
        list[0] = Allotment(to, amount, expiresAt);
    }

    function pay(EscrowId id, address to, uint96 cumulative) internal {
        vm.prank(escrows.escrow(id).coordinator);
        escrows.payBatch(id, onePayment(to, cumulative));
    }

    function onePayment(address to, uint96 cumulative) internal pure returns (Payment[] memory list) {
        list = new Payment[](1);
        list[0] = Payment(to, cumulative);
    }

    function voucher(uint256 key, EscrowId id, address to, uint128 cumulative) internal view returns (bytes memory) {
        return signed(key, escrows.voucherDigest(id, to, cumulative));
    }

    function finish(EscrowId id) internal {
        EscrowView memory it = escrows.escrow(id);
        vm.prank(it.coordinator);
        escrows.commit(id, it.batches, keccak256("root"), 1, true);
    }

    // --- checks ---------------------------------------------------------------------------------------------------

    function assertAccount(EscrowId id, address who, uint96 allotted, uint96 claimed) internal view {
        Account memory it = escrows.account(id, who);
        vm.assertEq(it.allotted, allotted, "allotted");
        vm.assertEq(it.claimed, claimed, "claimed");
    }

    function bounded(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
