// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {Node, Registration} from "../src/types/Nodes.sol";
import {Permit} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Who may register whom, and how stake comes and goes.
contract RegisterTest is Fixture {
    bytes32 private constant PEER = keccak256("peer");

    function test_register_byTheWorkerItself() external {
        fundWorker();
        bytes memory signature = consent(OPERATOR_KEY, registration(1));
        vm.expectEmit(address(registry));
        emit IStakeRegistry.NodeRegistered(operator, worker, PEER, 1);
        vm.prank(worker);
        registry.register(operator, worker, PEER, 1, MINIMUM, signature);
        Node memory it = registry.node(worker);
        vm.assertEq(it.operator, operator);
        vm.assertEq(it.peerIdHash, PEER);
        vm.assertEq(it.seq, 1);
        vm.assertEq(registry.operatorOf(worker), operator);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
        vm.assertEq(token.balanceOf(address(registry)), MINIMUM);
    }

    function test_register_revertsForOtherCallers() external {
        bytes memory signature = consent(OPERATOR_KEY, registration(1));
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeNotWorker.selector, operator));
        vm.prank(operator);
        registry.register(operator, worker, PEER, 1, MINIMUM, signature);
    }

    function test_register_revertsWithoutOperatorsConsent() external {
        fundWorker();
        bytes memory signature = consent(WORKER_KEY, registration(1));
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeBadSignature.selector, operator));
        vm.prank(worker);
        registry.register(operator, worker, PEER, 1, MINIMUM, signature);
    }

    function test_registerFor_byPermit() external {
        token.mint(stranger, 1);
        vm.prank(operator);
        token.approve(address(registry), 0);
        Registration memory one = registration(1);
        (bytes memory mine, bytes memory its) = (consent(OPERATOR_KEY, one), consent(WORKER_KEY, one));
        Permit memory permit = permitOf(OPERATOR_KEY, address(registry), MINIMUM);
        vm.prank(operator);
        registry.registerFor(one, MINIMUM, mine, its, permit);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
    }

    function test_registerFor_cannotSquatAWorker() external {
        Registration memory one = registration(1);
        bytes memory mine = consent(OPERATOR_KEY, one);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeBadSignature.selector, worker));
        vm.prank(operator);
        registry.registerFor(one, MINIMUM, mine, mine, noPermit());
    }

    function test_register_renewsThePeerId() external {
        registerWorker();
        Registration memory one = Registration(operator, worker, keccak256("new peer"), 2);
        bytes memory mine = consent(OPERATOR_KEY, one);
        vm.prank(worker);
        registry.register(operator, worker, one.peerIdHash, 2, 0, mine);
        vm.assertEq(registry.node(worker).peerIdHash, one.peerIdHash);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeOldSequence.selector, uint64(2)));
        vm.prank(worker);
        registry.register(operator, worker, one.peerIdHash, 2, 0, mine);
    }

    function test_register_revertsOnSecondOperator() external {
        registerWorker();
        Registration memory one = Registration(service, worker, PEER, 2);
        bytes memory mine = consent(SERVICE_KEY, one);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeOtherOperator.selector, operator));
        vm.prank(worker);
        registry.register(service, worker, PEER, 2, MINIMUM, mine);
    }

    function test_register_revertsBelowMinimum() external {
        Registration memory one = registration(1);
        (bytes memory mine, bytes memory its) = (consent(OPERATOR_KEY, one), consent(WORKER_KEY, one));
        vm.expectPartialRevert(IStakeRegistry.StakeBelowMinimum.selector);
        vm.prank(operator);
        registry.registerFor(one, MINIMUM - 1, mine, its, noPermit());
    }

    function test_register_revertsOnZeroAddresses() external {
        vm.expectRevert(IStakeRegistry.StakeBadRegistration.selector);
        vm.prank(worker);
        registry.register(address(0), worker, PEER, 1, MINIMUM, "");
        vm.expectRevert(IStakeRegistry.StakeBadRegistration.selector);
        vm.prank(address(0));
        registry.register(operator, address(0), PEER, 1, MINIMUM, "");
    }

    function test_register_secondWorkerNeedsNoMoreStake() external {
        registerWorker();
        registerAs(OPERATOR_KEY, 0xD2, 1, 0);
        vm.assertEq(registry.operatorOf(vm.addr(0xD2)), operator);
        vm.assertEq(registry.stakeOf(operator), MINIMUM);
    }

    function test_increaseStake_byAnyone() external {
        token.mint(stranger, 50e6);
        vm.startPrank(stranger);
        token.approve(address(registry), 50e6);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.StakeIncreased(operator, 50e6, 50e6);
        registry.increaseStake(operator, 50e6);
        vm.stopPrank();
        vm.assertEq(registry.stakeOf(operator), 50e6);
        vm.expectRevert(IStakeRegistry.StakeEmpty.selector);
        registry.increaseStake(operator, 0);
        vm.expectRevert(IStakeRegistry.StakeEmpty.selector);
        registry.increaseStake(address(0), 1);
    }

    function test_unbond_returnsTheStake() external {
        registerWorker();
        uint256 before = token.balanceOf(operator);
        vm.expectRevert(IStakeRegistry.StakeNotUnbonding.selector);
        registry.withdraw(operator);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.UnbondStarted(operator, START + UNBOND);
        vm.prank(operator);
        registry.startUnbond();
        vm.warp(START + UNBOND - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooEarly.selector, START + UNBOND));
        registry.withdraw(operator);
        vm.warp(START + UNBOND);
        vm.prank(stranger);
        registry.withdraw(operator);
        vm.assertEq(token.balanceOf(operator) - before, MINIMUM);
        vm.assertEq(registry.stakeOf(operator), 0);
        vm.assertEq(registry.bondOf(operator).unbondAt, 0);
    }

    function test_unbond_closesTheEntrances() external {
        registerWorker();
        vm.startPrank(operator);
        registry.startUnbond();
        vm.expectPartialRevert(IStakeRegistry.StakeUnbonding.selector);
        registry.startUnbond();
        vm.expectPartialRevert(IStakeRegistry.StakeUnbonding.selector);
        registry.increaseStake(operator, 1);
        registry.cancelUnbond();
        vm.expectRevert(IStakeRegistry.StakeNotUnbonding.selector);
        registry.cancelUnbond();
        registry.increaseStake(operator, 1);
        vm.stopPrank();
        vm.assertEq(registry.stakeOf(operator), MINIMUM + 1);
    }

    function test_unbond_revertsWithoutStake() external {
        vm.expectRevert(IStakeRegistry.StakeEmpty.selector);
        vm.prank(stranger);
        registry.startUnbond();
    }

    function registration(uint64 seq) private view returns (Registration memory) {
        return Registration(operator, worker, PEER, seq);
    }

    function consent(uint256 key, Registration memory one) private view returns (bytes memory) {
        return signed(key, registry.registrationDigest(one));
    }

    function fundWorker() private {
        token.mint(worker, MINIMUM);
        vm.prank(worker);
        token.approve(address(registry), MINIMUM);
    }
}
