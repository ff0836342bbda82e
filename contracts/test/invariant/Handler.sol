// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../../src/types/EscrowId.sol";
import {vm} from "../support/Vm.sol";
import {EscrowHandler} from "./EscrowHandler.sol";
import {StakeHandler} from "./StakeHandler.sol";

/// @notice All actors, the access manager's holder and time; what the invariant run calls.
contract Handler is EscrowHandler, StakeHandler {
    constructor() {
        setUp();
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
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + bounded(time, 1, 12 hours));
    }

    /// @dev Rarely much, so that runs see both the middle and the end of things.
    function passLong(uint32 time) external {
        vm.warp(block.timestamp + bounded(time, 1, 12 days));
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

    /// @notice After all deadlines: every exit, called by strangers in an order drawn from `seed`, empties both contracts.
    function drain(uint256 seed) external {
        for (uint256 i = 0; i < 2; ++i) {
            address of_ = vm.addr(operatorKey(i));
            // The operator's own wish to leave, and the court's verdicts, are what strangers can't supply.
            vm.prank(of_);
            try registry.startUnbond() {} catch {}
            for (uint256 n = 0; n < ids.length; ++n) {
                for (uint256 locks = registry.pledgeOf(ids[n], of_).locks; locks > 0; --locks) {
                    vm.prank(court);
                    registry.unlock(ids[n], of_);
                }
            }
        }
        vm.warp(block.timestamp + LONGEST + CLAIM + UNBOND);
        // Half of the runs try to withdraw before the pledges end, which must leave those alone.
        if (seed % 2 == 0) withdraw(seed);
        for (uint256 i = 0; i < ids.length; ++i) {
            EscrowId id = ids[(i + seed) % ids.length];
            if (isLive(escrows.escrow(id))) close(i + seed);
            releasePledgeIfAny(id, seed);
            releasePledgeIfAny(id, seed + 1);
        }
        withdraw(seed);
        withdraw(seed + 1);
        if (escrows.feesAccrued() != 0) escrows.collectFees(address(0xFEE));
    }

    function releasePledgeIfAny(EscrowId id, uint256 operatorSeed) private {
        address of_ = vm.addr(operatorKey(operatorSeed));
        if (registry.pledgeOf(id, of_).amount != 0) registry.releasePledge(id, of_);
    }

    function contracts() external view returns (address token_, address escrows_, address registry_) {
        return (address(token), address(escrows), address(registry));
    }

    function operatorAt(uint256 seed) external pure returns (address) {
        return vm.addr(operatorKey(seed));
    }

    /// @notice Everything that a run may call; set-up and draining stay out of it.
    function actions() external pure returns (bytes4[] memory list) {
        bytes4[29] memory all = [
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
            this.judgeOperator.selector,
            this.intrudeStake.selector,
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
