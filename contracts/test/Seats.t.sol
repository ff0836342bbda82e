// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStakeRegistry} from "../src/interfaces/IStakeRegistry.sol";
import {JuryPool} from "../src/libraries/JuryPool.sol";
import {Lots} from "../src/libraries/Lots.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Seats in the jury pool: what they cost, who may give them up, and what the pool was at any moment.
contract SeatsTest is Fixture {
    using JuryPool for JuryPool.State;
    using Lots for Lots.Urn;

    JuryPool.State private pool;
    address[] private model;
    address[][] private history;

    function setUp() public override {
        super.setUp();
        registerWorker();
    }

    function test_join_setsStakeAside() external {
        vm.expectEmit(address(registry));
        emit IStakeRegistry.JuryJoined(operator, worker, SEAT, 1);
        join(operator);
        EscrowId seat = registry.seatOf(worker);
        vm.assertEq(registry.pledgeOf(seat, operator).amount, SEAT);
        vm.assertEq(registry.bondOf(operator).pledged, SEAT);
        vm.assertTrue(registry.isSeated(worker));
        vm.assertEq(registry.seatCountAt(uint48(block.timestamp)), 1);
        vm.assertEq(registry.seatAt(0, uint48(block.timestamp)), worker);
        vm.assertEq(registry.seatCountAt(uint48(block.timestamp - 1)), 0);
        vm.expectRevert(IStakeRegistry.StakeSeated.selector);
        join(operator);
    }

    function test_join_byTheWorkerWithinItsAllowance() external {
        vm.expectPartialRevert(IStakeRegistry.StakeAllowanceExceeded.selector);
        join(worker);
        vm.prank(operator);
        registry.setPledgeAllowance(worker, SEAT);
        join(worker);
        vm.assertEq(registry.node(worker).pledgeAllowance, 0);
    }

    function test_join_notForOthers() external {
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeNotWorker.selector, stranger));
        join(stranger);
        vm.expectPartialRevert(IStakeRegistry.StakeAllowanceExceeded.selector);
        vm.prank(stranger);
        registry.joinJury(stranger);
    }

    /// @dev One stake can't take many seats, however many keys its owner registers.
    function test_join_eachSeatHasItsOwnStake() external {
        join(operator);
        registerAs(OPERATOR_KEY, 0xD5, 1, 0);
        registerAs(OPERATOR_KEY, 0xD6, 1, 0);
        vm.prank(operator);
        registry.joinJury(vm.addr(0xD5));
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeInsufficient.selector, 0, SEAT));
        vm.prank(operator);
        registry.joinJury(vm.addr(0xD6));
    }

    function test_join_isAnEntrance() external {
        registry.pause();
        vm.expectRevert(bytes4(keccak256("EnforcedPause()")));
        join(operator);
        registry.unpause();
        join(operator);
        registry.pause();
        quit(worker);
        vm.assertFalse(registry.isSeated(worker));
    }

    function test_join_notWhileLeaving() external {
        vm.prank(operator);
        registry.startUnbond();
        vm.expectPartialRevert(IStakeRegistry.StakeUnbonding.selector);
        join(operator);
    }

    function test_leave_byWorkerOrOperator() external {
        join(operator);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeNotWorker.selector, stranger));
        quit(stranger);
        vm.expectEmit(address(registry));
        emit IStakeRegistry.JuryLeft(operator, worker, uint64(block.timestamp) + UNBOND, 0);
        quit(worker);
        vm.expectRevert(IStakeRegistry.StakeNotSeated.selector);
        quit(operator);
    }

    function test_leave_byAnyoneWhenTheOperatorLeaves() external {
        join(operator);
        vm.prank(operator);
        registry.startUnbond();
        quit(stranger);
    }

    function test_leave_byAnyoneWhenTheSeatIsShort() external {
        join(operator);
        EscrowId seat = registry.seatOf(worker);
        vm.prank(court);
        registry.slash(seat, operator, 1, stranger);
        quit(stranger);
    }

    function test_release_afterTheDelay() external {
        join(operator);
        EscrowId seat = registry.seatOf(worker);
        vm.expectPartialRevert(IStakeRegistry.StakeTooEarly.selector);
        registry.releasePledge(seat, operator);
        quit(operator);
        vm.warp(START + UNBOND - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeRegistry.StakeTooEarly.selector, START + UNBOND));
        registry.releasePledge(seat, operator);
        vm.expectRevert(IStakeRegistry.StakeSeated.selector);
        join(operator);
        vm.warp(START + UNBOND);
        vm.prank(stranger);
        registry.releasePledge(seat, operator);
        vm.assertEq(registry.bondOf(operator).pledged, 0);
        join(operator);
        vm.assertEq(registry.pledgeOf(seat, operator).amount, SEAT);
    }

    /// @dev A juror whose seat was eaten up, but who is still bound by a dispute, gets no new one to be fined from.
    function test_join_notWhileADisputeHoldsTheOldSeat() external {
        join(operator);
        EscrowId seat = registry.seatOf(worker);
        vm.prank(court);
        registry.lock(seat, operator);
        vm.prank(court);
        registry.slash(seat, operator, SEAT, stranger);
        quit(operator);
        vm.expectRevert(IStakeRegistry.StakeSeated.selector);
        join(operator);
    }

    /// @dev A seat's stake is pledged to what no escrow is, so nothing else can be pledged there.
    function test_seat_isNoEscrow() external {
        EscrowId seat = registry.seatOf(worker);
        vm.expectPartialRevert(IStakeRegistry.StakeEscrowFinal.selector);
        vm.prank(operator);
        registry.pledge(seat, operator, 1);
    }

    /// @dev The pool at each moment, against a plain list that is copied every time.
    function test_pool_remembers(uint256 noise) external {
        for (uint256 i = 0; i < 24; ++i) {
            vm.warp(START + 1 + i);
            step(noise >> (4 * i));
            history.push(model);
        }
        for (uint256 i = 0; i < history.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast) a moment of this test
            uint48 time = uint48(START + 1 + i);
            vm.assertEq(pool.countAt(time), history[i].length, "count");
            for (uint256 n = 0; n < history[i].length; ++n) {
                vm.assertEq(pool.seatAt(n, time), history[i][n]);
            }
        }
    }

    /// @dev Every number once, whatever the seed; and none twice in a part of them.
    function test_lots_areDistinct(bytes32 seed, uint8 size) external pure {
        uint256 count = bounded(size, 1, 64);
        Lots.Urn memory urn = Lots.fill(seed, count, count);
        bool[] memory seen = new bool[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 number = urn.next();
            vm.assertFalse(seen[number], "drawn twice");
            seen[number] = true;
        }
    }

    /// @dev Each of five numbers comes first about as often as the others: within five deviations of 2000 draws.
    function test_lots_areFair() external pure {
        uint256[5] memory first;
        uint256[5] memory last;
        for (uint256 i = 0; i < 2000; ++i) {
            Lots.Urn memory urn = Lots.fill(keccak256(abi.encode(i)), 5, 5);
            ++first[urn.next()];
            urn.next();
            urn.next();
            urn.next();
            ++last[urn.next()];
        }
        for (uint256 n = 0; n < 5; ++n) {
            vm.assertTrue(first[n] > 310 && first[n] < 490, "first");
            vm.assertTrue(last[n] > 310 && last[n] < 490, "last");
        }
    }

    function step(uint256 noise) private {
        if (model.length != 0 && noise % 3 == 0) {
            uint256 place = (noise >> 2) % model.length;
            pool.remove(model[place]);
            model[place] = model[model.length - 1];
            model.pop();
        } else {
            address one = address(uint160(uint256(keccak256(abi.encode(noise, block.timestamp)))));
            pool.add(one);
            model.push(one);
        }
    }

    function join(address by) private {
        vm.prank(by);
        registry.joinJury(worker);
    }

    function quit(address by) private {
        vm.prank(by);
        registry.leaveJury(worker);
    }
}
