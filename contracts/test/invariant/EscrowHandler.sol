// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../../src/types/EscrowId.sol";
import {Account, Allotment, EscrowView, JobOrder, Payment, Phase} from "../../src/types/Orders.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Payers, coordinators, workers and strangers, acting on escrows with arbitrary arguments.
abstract contract EscrowHandler is Ledger {
    function create(uint256 payerSeed, uint256 serviceSeed, uint96 budget) external {
        require(ids.length < MOST_ESCROWS, "enough escrows");
        uint256 payerKey = PAYER_KEY + payerSeed % 2;
        uint256 coordinatorKey = serviceSeed % 2 == 0 ? SERVICE_KEY : payerKey;
        JobOrder memory order = newOrder(payerKey, coordinatorKey, budget);
        bytes memory signature = signed(payerKey, escrows.orderDigest(order));
        uint16 fee = escrows.feeBps();
        bool wasPaused = escrows.paused();
        vm.prank(order.coordinator);
        EscrowId id = escrows.createEscrowFor(order, signature, noPermit());
        if (wasPaused) breaks("an entrance was open during a pause");
        ids.push(id);
        orders.push(order);
        records[id] = Record(payerKey, coordinatorKey, order.budget, 0, fee, Phase.Open);
        success("create");
    }

    function topUp(uint256 seed, uint96 budget) external {
        EscrowId id = pick(seed);
        Record storage it = records[id];
        JobOrder memory order = newOrder(it.payerKey, it.coordinatorKey, budget);
        bytes memory signature = signed(it.payerKey, escrows.orderDigest(order));
        vm.prank(order.coordinator);
        escrows.topUpFor(id, order, signature, noPermit());
        orders.push(order);
        it.deposited += order.budget;
        success("topUp");
    }

    /// @dev Each order was used already, so neither way may take it again.
    function useOrderAgain(uint256 seed, uint256 orderSeed, uint256 way) external {
        EscrowId id = pick(seed);
        JobOrder memory order = orders[orderSeed % orders.length];
        uint256 key = order.requester == payer ? PAYER_KEY : PAYER_KEY + 1;
        bytes memory signature = signed(key, escrows.orderDigest(order));
        vm.prank(order.coordinator);
        if (way % 2 == 0) escrows.topUpFor(id, order, signature, noPermit());
        else escrows.createEscrowFor(order, signature, noPermit());
        breaks("an order was used twice");
    }

    function allot(uint256 seed, uint256 workerSeed, uint96 amount, uint64 lasts) external {
        EscrowId id = pick(seed);
        EscrowView memory it = escrows.escrow(id);
        uint96 total = uint96(bounded(amount, 0, it.budget));
        uint64 expiresAt = uint64(block.timestamp + bounded(lasts, 1, 2 days));
        Account memory before = escrows.account(id, workerAt(workerSeed));
        vm.prank(it.coordinator);
        escrows.allot(id, oneAllotment(workerAt(workerSeed), total, expiresAt));
        bool wasLive = before.expiresAt > block.timestamp;
        if (wasLive && (total < before.allotted || expiresAt < before.expiresAt)) breaks("a live promise shrank");
        success("allot");
    }

    function pay(uint256 seed, uint256[3] calldata workerSeeds, uint96[3] calldata amounts) external {
        EscrowId id = pick(seed);
        EscrowView memory it = escrows.escrow(id);
        Payment[] memory list = new Payment[](3);
        for (uint256 i = 0; i < 3; ++i) {
            list[i] = Payment(workerAt(workerSeeds[i]), uint96(bounded(amounts[i], 0, BUDGET)));
            raiseIssued(id, list[i].worker, list[i].cumulative);
        }
        bool happened = true;
        vm.prank(it.coordinator);
        try escrows.payBatch(id, list) {
            success("pay");
        } catch {
            happened = false;
        }
        weigh(happened, isLive(it), "payBatch");
    }

    function redeem(uint256 seed, uint256 workerSeed, uint128 amount) external {
        EscrowId id = pick(seed);
        address to = workerAt(workerSeed);
        uint128 cumulative = uint128(bounded(amount, 0, 2 * uint256(BUDGET)));
        bytes memory signature = voucher(records[id].coordinatorKey, id, to, cumulative);
        raiseIssued(id, to, cumulative);
        Account memory before = escrows.account(id, to);
        uint256 reach = cumulative < before.allotted ? cumulative : before.allotted;
        bool promised = isLive(escrows.escrow(id)) && reach > before.claimed;
        bool happened = true;
        vm.prank(stranger);
        try escrows.redeem(id, to, cumulative, signature) {
            success("redeem");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "redeem");
    }

    function commit(uint256 seed, uint64 results, uint256 lastSeed) external {
        // Seldom the last, so that escrows live to see more.
        bool last = lastSeed % 4 == 0;
        EscrowId id = pick(seed);
        EscrowView memory it = escrows.escrow(id);
        uint256 before = token.balanceOf(it.requester);
        bool happened = true;
        vm.prank(it.coordinator);
        try escrows.commit(
            id, it.batches, keccak256(abi.encode(id, it.batches)), uint64(bounded(results, 1, 1000)), last
        ) {
            success("commit");
            if (last) success("commit last");
        } catch {
            happened = false;
        }
        weigh(happened, isWorking(it), "commit");
        records[id].returned += token.balanceOf(it.requester) - before;
        follow(id);
    }

    function release(uint256 seed, uint256 workerSeed) external {
        EscrowId id = pick(seed);
        address who = workerAt(workerSeed);
        Account memory before = escrows.account(id, who);
        bool promised = isLive(escrows.escrow(id)) && before.allotted > before.claimed;
        bool happened = true;
        vm.prank(who);
        try escrows.release(id) {
            success("release");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "release");
    }

    function reclaim(uint256 seed) external {
        EscrowId id = pick(seed);
        address[] memory list = new address[](WORKERS);
        Account[] memory before = new Account[](WORKERS);
        for (uint256 i = 0; i < WORKERS; ++i) {
            list[i] = workerAt(i);
            before[i] = escrows.account(id, list[i]);
        }
        vm.prank(stranger);
        escrows.reclaim(id, list);
        for (uint256 i = 0; i < WORKERS; ++i) {
            bool happened = escrows.account(id, list[i]).allotted < before[i].allotted;
            bool isExpired = before[i].expiresAt <= block.timestamp;
            weigh(happened, isExpired && before[i].allotted > before[i].claimed, "reclaim");
            if (happened) success("reclaim");
        }
    }

    function refund(uint256 seed) external {
        EscrowId id = pick(seed);
        EscrowView memory it = escrows.escrow(id);
        uint256 before = token.balanceOf(it.requester);
        bool promised = isLive(it) && block.timestamp >= endOf(it) && it.budget > it.allotted;
        bool happened = true;
        vm.prank(stranger);
        try escrows.refund(id) {
            success("refund");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "refund");
        records[id].returned += token.balanceOf(it.requester) - before;
    }

    function close(uint256 seed) public {
        EscrowId id = pick(seed);
        EscrowView memory it = escrows.escrow(id);
        uint256 before = token.balanceOf(it.requester);
        uint256 readyAt = endOf(it) + (it.claimed == it.allotted ? DISPUTE : CLAIM);
        bool happened = true;
        vm.prank(stranger);
        try escrows.close(id) {
            success("close");
        } catch {
            happened = false;
        }
        weigh(happened, isLive(it) && block.timestamp >= readyAt, "close");
        records[id].returned += token.balanceOf(it.requester) - before;
        follow(id);
    }

    /// @dev A stranger with the coordinator's calls, and with a voucher of its own making.
    function intrude(uint256 seed, uint256 workerSeed, uint96 amount, uint256 way) external {
        EscrowId id = pick(seed);
        address to = workerAt(workerSeed);
        bytes memory forged = voucher(0xBAD, id, to, amount);
        Allotment[] memory allotments = oneAllotment(to, amount, uint64(block.timestamp) + 1 days);
        vm.prank(stranger);
        if (way % 4 == 0) escrows.allot(id, allotments);
        else if (way % 4 == 1) escrows.payBatch(id, onePayment(to, amount));
        else if (way % 4 == 2) escrows.commit(id, escrows.escrow(id).batches, "root", 1, true);
        else escrows.redeem(id, to, amount, forged);
        breaks("a stranger got through");
    }

    function raiseIssued(EscrowId id, address to, uint256 amount) private {
        if (amount > issued[id][to]) issued[id][to] = amount;
    }

    function newOrder(uint256 payerKey, uint256 coordinatorKey, uint96 budget) private returns (JobOrder memory order) {
        order = orderOf(vm.addr(coordinatorKey), uint128(bounded(budget, 1, BUDGET)), ++salts);
        order.requester = vm.addr(payerKey);
        order.deadline = uint64(block.timestamp + 1 + uint256(keccak256(abi.encode(salts))) % 4 days);
    }
}
