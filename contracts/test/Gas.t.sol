// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../src/types/EscrowId.sol";
import {Registration} from "../src/types/Nodes.sol";
import {Allotment, JobOrder, Payment, Permit} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What transactions cost, written to snapshots/*.json; run with `--isolate`, so that each call is priced as a
/// transaction of its own. Per-worker figures are averages over 100 workers that hold the token already.
contract GasTest is Fixture {
    uint256 private constant WORKERS = 100;

    function setUp() public override {
        super.setUp();
        registerWorker();
        for (uint256 i = 0; i < WORKERS; ++i) {
            registerAs(OPERATOR_KEY, 0x1000 + i, 1, 0);
            token.mint(vm.addr(0x1000 + i), 1);
        }
        // The contract is in use: its own token balance is not zero, as it would be for the very first job only.
        submit(orderOf(payer, BUDGET, 100));
        vm.prank(payer);
        token.approve(address(escrows), 0);
    }

    function test_gas_job() external {
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        Permit memory permit = permitOf(PAYER_KEY, address(escrows), BUDGET);
        vm.prank(payer);
        EscrowId id = escrows.createEscrowFor(order, signature, permit);
        uint256 total = snap("createEscrowFor with permit, own coordinator");
        vm.prank(payer);
        escrows.commit(id, 0, keccak256("root"), 1000, true);
        total += snap("commit, first and last, with refund");
        vm.warp(START + DISPUTE);
        vm.prank(payer);
        escrows.close(id);
        total += snap("close, nothing owed");
        vm.snapshotValue("JobEscrow", "fixed part of a job: create, one commit, close", total);
        vm.assertLe(total, 300_000, "fixed part of a job");
    }

    function test_gas_serviceJob() external {
        JobOrder memory order = orderOf(service, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        Permit memory permit = permitOf(PAYER_KEY, address(escrows), 2 * uint256(BUDGET));
        vm.prank(service);
        EscrowId id = escrows.createEscrowFor(order, signature, permit);
        snap("createEscrowFor with permit and bond");
        JobOrder memory later = orderOf(service, BUDGET, 2);
        bytes memory laterSignature = signedOrder(later);
        vm.prank(service);
        escrows.topUpFor(id, later, laterSignature, noPermit());
        snap("topUpFor with bond");
        vm.prank(service);
        escrows.commit(id, 0, keccak256("root"), 1000, false);
        snap("commit, first");
        vm.prank(service);
        escrows.commit(id, 1, keccak256("root"), 1000, false);
        snap("commit, further");
        vm.warp(later.deadline + CLAIM);
        escrows.close(id);
        snap("close with bond");
    }

    function test_gas_workers() external {
        EscrowId id = fund();
        Allotment[] memory allotments = new Allotment[](WORKERS);
        Payment[] memory payments = new Payment[](WORKERS);
        for (uint256 i = 0; i < WORKERS; ++i) {
            allotments[i] = Allotment(vm.addr(0x1000 + i), 5e6, uint64(START) + 1 hours);
            payments[i] = Payment(allotments[i].worker, 2e6);
        }
        vm.prank(payer);
        escrows.allot(id, allotments);
        perWorker("allot, per worker");
        for (uint256 i = 0; i < WORKERS; ++i) {
            allotments[i].amount = 6e6;
        }
        vm.prank(payer);
        escrows.allot(id, allotments);
        perWorker("allot again, per worker");
        vm.prank(payer);
        escrows.payBatch(id, payments);
        perWorker("payBatch, per worker");
        bytes memory signature = voucher(PAYER_KEY, id, payments[0].worker, 3e6);
        escrows.redeem(id, payments[0].worker, 3e6, signature);
        snap("redeem");
        vm.prank(payments[0].worker);
        escrows.release(id);
        snap("release");
    }

    function test_gas_registry() external {
        Registration memory one = Registration(service, vm.addr(0xF1), keccak256("peer"), 1);
        bytes32 digest = registry.registrationDigest(one);
        (bytes memory mine, bytes memory its) = (signed(SERVICE_KEY, digest), signed(0xF1, digest));
        Permit memory permit = permitOf(SERVICE_KEY, address(registry), MINIMUM);
        vm.prank(service);
        registry.registerFor(one, MINIMUM, mine, its, permit);
        snapRegistry("registerFor with permit, new operator");
        EscrowId id = fund();
        vm.prank(service);
        registry.pledge(id, service, MINIMUM);
        snapRegistry("pledge");
        vm.warp(escrows.finalAt(id));
        registry.releasePledge(id, service);
        snapRegistry("releasePledge");
        vm.prank(service);
        registry.startUnbond();
        snapRegistry("startUnbond");
        vm.warp(block.timestamp + UNBOND);
        registry.withdraw(service);
        snapRegistry("withdraw");
    }

    function fund() private returns (EscrowId) {
        vm.prank(payer);
        token.approve(address(escrows), BUDGET);
        return opened(BUDGET);
    }

    function snap(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("JobEscrow", name);
    }

    function snapRegistry(string memory name) private {
        vm.snapshotGasLastCall("StakeRegistry", name);
    }

    function perWorker(string memory name) private {
        uint256 total = vm.snapshotGasLastCall("JobEscrow", string.concat("batch of 100: ", name));
        vm.snapshotValue("JobEscrow", name, total / WORKERS);
    }
}
