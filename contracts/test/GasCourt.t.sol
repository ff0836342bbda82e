// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeId, Statement} from "../src/types/Disputes.sol";
import {CourtFixture} from "./support/CourtFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What a dispute costs, call by call, written to snapshots/DisputeCourt.json.
contract GasCourtTest is CourtFixture {
    /// @dev The prototype of the settlement reference took 2.2 million, with three implicated and a tree of depth 20.
    uint256 private constant MOST_FOR_A_DISPUTE = 2_200_000;
    uint256 private total;

    function test_gas_dispute() external {
        DisputeId dispute = open();
        measure("openOnReceipt", 1);
        judge.implicate(dispute, statement(WORKER2_KEY, WRONG));
        measure("implicate", 1);
        pass(EVIDENCE);
        judge.draw(dispute);
        measure("draw, fixing the block", 1);
        vm.roll(block.number + 2);
        judge.draw(dispute);
        measure("draw, 5 of 16 seats", 1);
        address[] memory jurors = judge.roundOf(dispute, 1).jurors;
        for (uint256 i = 0; i < JURY; ++i) {
            commitAs(dispute, jurors[i], RIGHT);
        }
        measure("commitVote", JURY);
        pass(COMMIT);
        for (uint256 i = 0; i < JURY; ++i) {
            revealAs(dispute, jurors[i], RIGHT);
        }
        measure("revealVote", JURY);
        pass(REVEAL + APPEAL);
        resolve(dispute);
        measure("resolve, 5 jurors, 2 fined", 1);
        vm.snapshotValue("DisputeCourt", "a whole dispute", total);
        vm.assertLe(total, MOST_FOR_A_DISPUTE, "a whole dispute");
        judge.withdrawCredit(payer);
        measure("withdrawCredit", 1);
    }

    function test_gas_appeal() external {
        DisputeId dispute = open();
        judgeWith(dispute, unanimous(RIGHT, JURY));
        fund(stranger);
        vm.prank(stranger);
        judge.appeal(dispute, noPermit());
        measure("appeal", 1);
        vote(dispute, drawJury(dispute), unanimous(RIGHT, APPEAL_JURY));
        resolve(dispute);
        measure("resolve after an appeal, 12 jurors", 1);
    }

    function test_gas_equivocation() external {
        Statement memory one = statement(WORKER_KEY, RIGHT);
        judge.slashEquivocation(escrowId, TASK, one, statement(WORKER_KEY, WRONG));
        measure("slashEquivocation", 1);
    }

    function test_gas_seats() external {
        enlist(20);
        vm.prank(jurorOperator(20));
        registry.joinJury(jurorAt(20));
        vm.snapshotGasLastCall("StakeRegistry", "joinJury");
        vm.prank(jurorAt(0));
        registry.leaveJury(jurorAt(0));
        vm.snapshotGasLastCall("StakeRegistry", "leaveJury");
    }

    /// @dev A chain refuses a larger contract.
    function test_gas_size() external {
        uint256 size = address(judge).code.length;
        vm.snapshotValue("DisputeCourt", "bytes of code", size);
        vm.assertLe(size, 24_576, "code size");
    }

    function measure(string memory name, uint256 times) private {
        total += times * vm.snapshotGasLastCall("DisputeCourt", name);
    }
}
