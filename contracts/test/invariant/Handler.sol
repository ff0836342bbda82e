// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../../src/types/EscrowId.sol";
import {Pledge} from "../../src/types/Nodes.sol";
import {vm} from "../support/Vm.sol";
import {Fixture} from "../support/Fixture.sol";
import {CourtHandler} from "./CourtHandler.sol";
import {EscrowHandler} from "./EscrowHandler.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice All actors, the access manager's holder and time; what the invariant run calls.
contract Handler is EscrowHandler, StakeHandler, CourtHandler {
    constructor() {
        Fixture.setUp();
        address secondPayer = vm.addr(PAYER_KEY + 1);
        address secondOperator = vm.addr(SECOND_OPERATOR_KEY);
        token.mint(secondPayer, 1_000_000e6);
        token.mint(secondOperator, 1_000_000e6);
        vm.prank(secondPayer);
        token.approve(address(escrows), type(uint256).max);
        vm.prank(secondOperator);
        token.approve(address(registry), type(uint256).max);
        // Two workers of two operators stand ready; the others may still join either.
        registerAs(OPERATOR_KEY, 0xD1, 1, 300e6);
        registerAs(SECOND_OPERATOR_KEY, 0xD2, 1, 300e6);
        meet();
        for (uint256 i = 0; i < JURORS; ++i) {
            if (i < FIRST_JURORS) joinAs(i);
            else enlist(i);
        }
        // Workers may be jurors, but not in disputes of their own.
        vm.prank(operator);
        registry.joinJury(worker);
        fund(challenger);
        fund(APPELLANT);
        vm.warp(block.timestamp + 1);
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + bounded(time, 1, 12 hours));
    }

    /// @dev Rarely much, so that runs see both the middle and the end of things.
    function passLong(uint32 time) external {
        vm.warp(block.timestamp + bounded(time, 1, 12 days));
    }

    /// @dev A pledge ends at its own moment while its escrow, prolonged since, lives on: what was signed before must not count again.
    function outlive(uint256 seed, uint256 operatorSeed) external {
        EscrowId id = pick(seed);
        address of_ = vm.addr(operatorKey(operatorSeed));
        // By the operator, for longer than need be.
        try this.pledgeSigned(seed, operatorSeed, 0, 10e6 + 1) {} catch {}
        Pledge memory it = registry.pledgeOf(id, of_);
        require(it.amount != 0 && it.locks == 0, "nothing to release");
        this.topUp(seed, 1);
        require(escrows.finalAt(id) > it.releaseAt, "not prolonged");
        if (block.timestamp < it.releaseAt) vm.warp(it.releaseAt);
        releasePledge(seed, operatorSeed);
        success("outlive");
    }

    function setFee(uint256 fee) external {
        escrows.setFee(uint16(bounded(fee, 0, escrows.MAX_FEE_BPS())));
        success("setFee");
    }

    function collectFees() external {
        uint256 before = token.balanceOf(address(0xFEE));
        uint256 accrued = escrows.feesAccrued();
        escrows.collectFees(address(0xFEE));
        if (token.balanceOf(address(0xFEE)) - before != accrued) breaks("fees differ from what was charged");
        success("collectFees");
    }

    /// @dev Seldom paused, as little else gets under way then.
    function pause(uint256 seed) external {
        if (seed % 4 == 0) {
            escrows.pause();
            registry.pause();
        } else {
            escrows.unpause();
            registry.unpause();
        }
        success("pause");
    }

    /// @notice After all deadlines: every exit, called by strangers in an order drawn from `seed`, empties all contracts.
    function drain(uint256 seed) external {
        // The operators' own wish to leave is what strangers can't supply.
        for (uint256 i = 0; i < operatorCount(); ++i) {
            vm.prank(operatorAt[i]);
            try registry.startUnbond() {} catch {}
        }
        for (uint256 i = 0; i < seatedCount(); ++i) {
            // By strangers, as their operators leave.
            if (registry.isSeated(seatedAt[i])) registry.leaveJury(seatedAt[i]);
        }
        // Seats and operators wait longest.
        vm.warp(block.timestamp + LONGEST + CLAIM + UNBOND);
        // Half of the runs try to withdraw before the pledges end, which must leave those alone.
        if (seed % 2 == 0) withdraw(seed);
        if (seed % 3 == 0) closeAll(seed);
        for (uint256 i = 0; i < cases.length; ++i) {
            uint256 place = (i + seed) % cases.length;
            if (endings[cases[place].dispute] == 0) resolveDispute(place);
        }
        if (seed % 3 != 0) closeAll(seed);
        for (uint256 i = 0; i < operatorCount(); ++i) {
            releaseAll(operatorAt[(i + seed) % operatorCount()]);
        }
        address[] memory list = creditors();
        for (uint256 i = 0; i < list.length; ++i) {
            if (judge.creditOf(list[i]) != 0) judge.withdrawCredit(list[i]);
        }
        if (escrows.feesAccrued() != 0) escrows.collectFees(address(0xFEE));
    }

    function closeAll(uint256 seed) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (isLive(escrows.escrow(ids[(i + seed) % ids.length]))) close(i + seed);
        }
    }

    function releaseAll(address of_) private {
        for (uint256 n = 0; n < ids.length; ++n) {
            if (registry.pledgeOf(ids[n], of_).amount != 0) registry.releasePledge(ids[n], of_);
        }
        for (uint256 i = 0; i < seatedCount(); ++i) {
            EscrowId seat = registry.seatOf(seatedAt[i]);
            if (registry.pledgeOf(seat, of_).amount != 0) registry.releasePledge(seat, of_);
        }
        if (registry.stakeOf(of_) != 0) registry.withdraw(of_);
    }

    function contracts() external view returns (address token_, address escrows_, address registry_, address court_) {
        return (address(token), address(escrows), address(registry), court);
    }

    /// @notice Everything that a run may call; set-up and draining stay out of it.
    function actions() external pure returns (bytes4[] memory list) {
        bytes4[45] memory all = [
            this.create.selector,
            this.topUp.selector,
            this.useOrderAgain.selector,
            this.allot.selector,
            this.pay.selector,
            this.redeem.selector,
            this.commit.selector,
            this.release.selector,
            this.reclaim.selector,
            this.refund.selector,
            this.close.selector,
            this.intrude.selector,
            this.register.selector,
            this.increaseStake.selector,
            this.unbond.selector,
            this.withdraw.selector,
            this.allow.selector,
            this.pledge.selector,
            this.pledgeByWorker.selector,
            this.pledgeSigned.selector,
            this.usePledgeAgain.selector,
            this.releasePledge.selector,
            this.intrudeStake.selector,
            this.outlive.selector,
            this.openDispute.selector,
            this.openOnLeaf.selector,
            this.implicate.selector,
            this.drawJuryOf.selector,
            this.commitVotes.selector,
            this.revealVotes.selector,
            this.appeal.selector,
            this.resolveDispute.selector,
            this.withdrawCreditOf.selector,
            this.equivocate.selector,
            this.joinJury.selector,
            this.leaveJury.selector,
            this.releaseSeat.selector,
            this.cheatVote.selector,
            // Twice: most of what can go wrong in a dispute goes wrong at its end.
            this.trial.selector,
            this.trial.selector,
            this.pass.selector,
            this.passLong.selector,
            this.setFee.selector,
            this.collectFees.selector,
            this.pause.selector
        ];
        list = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            list[i] = all[i];
        }
    }
}
