// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../src/types/EscrowId.sol";
import {PledgeAllowance, PledgeOrder, Registration} from "../src/types/Nodes.sol";
import {Allotment, JobOrder, Payment, Permit} from "../src/types/Orders.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What transactions cost, written to snapshots/*.json; run with `--isolate`, so that each call is priced as a
/// transaction of its own. Workers hold the token already, and batches have the sizes that coordinators use.
contract GasTest is Fixture {
    uint256 private constant ALLOT_BATCH = 500;
    uint256 private constant PAY_BATCH = 250;
    EscrowId private last;

    function setUp() public override {
        super.setUp();
        // The contract is in use: its own token balance is not zero, as it would be for the very first job only.
        submit(orderOf(payer, BUDGET, 100));
        vm.prank(payer);
        token.approve(address(escrows), 0);
    }

    /// @dev The targets are those of the settlement design, for three replicas per task.
    function test_gas_targets() external {
        uint256 fixedPart = measureJob();
        vm.snapshotValue("JobEscrow", "job, fixed part: create, one commit, close", fixedPart);
        vm.assertLe(fixedPart, 300_000, "fixed part of a job");
        // Statements of their own: the order within an expression isn't fixed.
        uint256 small = measureAllot(100, "100");
        small += measurePay(100, "100");
        target("job, per task: 1000 tasks, 100 workers", fixedPart + small, 1000, 4800);
        // A thousand workers take two batches of allotments and four of payments.
        uint256 large = 2 * measureAllot(ALLOT_BATCH, "500");
        large += 4 * measurePay(PAY_BATCH, "250");
        target("job, per task: 100000 tasks, 1000 workers", fixedPart + large, 100_000, 450);
        target("job, per task: 1000000 tasks, 1000 workers", fixedPart + large, 1_000_000, 45);
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

    function test_gas_oneWorker() external {
        EscrowId id = fund(7);
        allot(id, worker, 5e6);
        snap("allot, one worker");
        allot(id, worker, 6e6);
        snap("allot again, one worker");
        token.mint(worker, 1);
        pay(id, worker, 2e6);
        snap("payBatch, one worker");
        escrows.redeem(id, worker, 3e6, voucher(PAYER_KEY, id, worker, 3e6));
        snap("redeem");
        vm.prank(worker);
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
        EscrowId id = fund(8);
        vm.prank(service);
        registry.pledge(id, service, MINIMUM / 4);
        snapRegistry("pledge");
        measureSignedPledges(id);
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

    function measureSignedPledges(EscrowId id) private {
        address hot = vm.addr(0xF1);
        PledgeAllowance memory allowance = PledgeAllowance(hot, type(uint128).max, 1);
        registry.setPledgeAllowanceFor(allowance, signed(SERVICE_KEY, registry.pledgeAllowanceDigest(allowance)));
        snapRegistry("setPledgeAllowanceFor");
        uint64 deadline = uint64(block.timestamp) + 1 hours;
        EscrowId other = fund(9);
        PledgeOrder memory order = PledgeOrder(other, service, MINIMUM / 4, escrows.finalAt(other), deadline);
        registry.pledgeFor(order, signed(0xF1, registry.pledgeDigest(order)));
        snapRegistry("pledgeFor by a worker, first");
        order.total = MINIMUM / 2;
        registry.pledgeFor(order, signed(0xF1, registry.pledgeDigest(order)));
        snapRegistry("pledgeFor by a worker, again");
        vm.assertEq(registry.pledgeOf(id, service).amount + registry.pledgeOf(other, service).amount, MINIMUM * 3 / 4);
        vm.warp(escrows.finalAt(other));
        registry.releasePledge(other, service);
    }

    function measureJob() private returns (uint256 total) {
        JobOrder memory order = orderOf(payer, BUDGET, 1);
        bytes memory signature = signedOrder(order);
        Permit memory permit = permitOf(PAYER_KEY, address(escrows), BUDGET);
        vm.prank(payer);
        EscrowId id = escrows.createEscrowFor(order, signature, permit);
        total = snap("createEscrowFor with permit, own coordinator");
        vm.prank(payer);
        escrows.commit(id, 0, keccak256("root"), 1000, true);
        total += snap("commit, first and last, with refund");
        vm.warp(START + DISPUTE);
        vm.prank(payer);
        escrows.close(id);
        total += snap("close, nothing owed");
    }

    function measureAllot(uint256 count, string memory name) private returns (uint256) {
        EscrowId id = fund(count);
        Allotment[] memory allotments = new Allotment[](count);
        for (uint256 i = 0; i < count; ++i) {
            allotments[i] = Allotment(holder(i), 2e6, uint64(block.timestamp) + 1 hours);
        }
        vm.prank(payer);
        escrows.allot(id, allotments);
        return snap(string.concat("allot, workers: ", name));
    }

    /// @dev Pays holders that `measureAllot` has given allotments to, in the escrow that it opened last.
    function measurePay(uint256 count, string memory name) private returns (uint256) {
        Payment[] memory payments = new Payment[](count);
        for (uint256 i = 0; i < count; ++i) {
            payments[i] = Payment(holder(i), 1e6);
            token.mint(payments[i].worker, 1);
        }
        vm.prank(payer);
        escrows.payBatch(last, payments);
        return snap(string.concat("payBatch, workers: ", name));
    }

    function target(string memory name, uint256 total, uint256 tasks, uint256 most) private {
        vm.snapshotValue("JobEscrow", name, total / tasks);
        vm.assertLe(total, most * tasks, name);
    }

    /// @dev An address as good as random, as real ones are: zero bytes in call data are cheaper.
    function holder(uint256 n) private pure returns (address) {
        return address(bytes20(keccak256(abi.encode("holder", n))));
    }

    function fund(uint256 salt) private returns (EscrowId) {
        vm.prank(payer);
        token.approve(address(escrows), BUDGET);
        last = submit(orderOf(payer, BUDGET, salt));
        return last;
    }

    function snap(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("JobEscrow", name);
    }

    function snapRegistry(string memory name) private {
        vm.snapshotGasLastCall("StakeRegistry", name);
    }
}
