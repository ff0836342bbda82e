// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowId} from "../../src/types/EscrowId.sol";
import {Bond, Node, Pledge, PledgeOrder} from "../../src/types/Nodes.sol";
import {vm} from "../support/Vm.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Operators, workers and strangers, acting on stakes and pledges with arbitrary arguments.
abstract contract StakeHandler is Ledger {
    PledgeOrder[] private signedPledges;
    bytes[] private pledgeSignatures;

    function register(uint256 operatorSeed, uint256 workerSeed, uint128 amount) external {
        address one = workerAt(workerSeed);
        Node memory before = registry.node(one);
        bool wasPaused = registry.paused();
        registerAs(operatorKey(operatorSeed), 0xD1 + workerSeed % WORKERS, before.seq + 1, uint128(amount % 500e6));
        if (wasPaused) breaks("an entrance was open during a pause");
        if (before.operator != address(0) && registry.operatorOf(one) != before.operator) breaks("a worker moved");
        success("register");
    }

    function increaseStake(uint256 operatorSeed, uint128 amount) external {
        address to = vm.addr(operatorKey(operatorSeed));
        vm.prank(to);
        registry.increaseStake(to, uint128(bounded(amount, 1, 500e6)));
        success("increaseStake");
    }

    function unbond(uint256 operatorSeed, uint256 staySeed) external {
        vm.prank(vm.addr(operatorKey(operatorSeed)));
        if (staySeed % 4 == 0) registry.cancelUnbond();
        else registry.startUnbond();
        success("unbond");
    }

    function withdraw(uint256 operatorSeed) public {
        address to = vm.addr(operatorKey(operatorSeed));
        Bond memory it = registry.bondOf(to);
        bool promised = it.unbondAt != 0 && block.timestamp >= it.unbondAt && it.stake > it.pledged;
        bool happened = true;
        vm.prank(stranger);
        try registry.withdraw(to) {
            success("withdraw");
        } catch {
            happened = false;
        }
        weigh(happened, promised, "withdraw");
        checkBond(to);
    }

    function allow(uint256 workerSeed, uint128 amount) external {
        address one = workerAt(workerSeed);
        vm.prank(registry.operatorOf(one));
        registry.setPledgeAllowance(one, amount % 100e6);
        success("allow");
    }

    function pledge(uint256 seed, uint256 operatorSeed, uint128 amount) external {
        address by = vm.addr(operatorKey(operatorSeed));
        uint128 part = uint128(bounded(amount, 0, registry.stakeOf(by)));
        EscrowId id = pick(seed);
        vm.prank(by);
        registry.pledge(id, by, part);
        checkBond(by);
        success("pledge");
    }

    function pledgeByWorker(uint256 seed, uint256 workerSeed, uint128 amount) external {
        address by = workerAt(workerSeed);
        Node memory it = registry.node(by);
        EscrowId id = pick(seed);
        uint128 part = uint128(amount % 20e6);
        vm.prank(by);
        registry.pledge(id, it.operator, part);
        if (part > it.pledgeAllowance) breaks("a worker pledged more than allowed");
        success("pledgeByWorker");
    }

    /// @dev Signed by any worker for any operator, submitted by a stranger; what went through is tried again later.
    function pledgeSigned(uint256 seed, uint256 operatorSeed, uint256 workerSeed, uint128 amount) external {
        address of_ = vm.addr(operatorKey(operatorSeed));
        EscrowId id = pick(seed);
        Pledge memory before = registry.pledgeOf(id, of_);
        uint256 key = workerSeed % 3 == 0 ? operatorKey(operatorSeed) : 0xD1 + workerSeed % WORKERS;
        Node memory it = registry.node(vm.addr(key));
        // Nothing more prolongs what stands.
        uint128 part = workerSeed % 5 == 0 ? 0 : uint128(bounded(amount, 1, 100e6));
        // Whoever lets his stake be bound for longer lets the order be submitted again after the escrow was prolonged.
        uint64 releaseBy = escrows.finalAt(id) + (amount % 2 == 0 ? 0 : 30 days);
        PledgeOrder memory order =
            PledgeOrder(id, of_, before.total + part, releaseBy, uint64(block.timestamp) + 30 days);
        bytes memory signature = signed(key, registry.pledgeDigest(order));
        vm.prank(stranger);
        registry.pledgeFor(order, signature);
        bool isOperator = workerSeed % 3 == 0;
        if (!isOperator && it.operator != of_) breaks("a worker pledged for another operator");
        if (!isOperator && part > it.pledgeAllowance) breaks("a worker pledged more than allowed");
        if (registry.pledgeOf(id, of_).amount - before.amount != part) breaks("a signed pledge added something else");
        uint64 endsAt = registry.pledgeOf(id, of_).releaseAt;
        if (endsAt > releaseBy && endsAt > before.releaseAt) breaks("a pledge is bound for longer than was signed");
        if (part == 0 && endsAt <= before.releaseAt) breaks("a signed pledge did nothing");
        checkBond(of_);
        signedPledges.push(order);
        pledgeSignatures.push(signature);
        if (part == 0) success("pledgeProlonged");
        else success("pledgeSigned");
    }

    function usePledgeAgain(uint256 seed) external {
        replayPledge(seed % signedPledges.length);
    }

    /// @dev It may prolong what stands until what was signed, and adds nothing.
    function replayPledge(uint256 one) private {
        PledgeOrder memory order = signedPledges[one];
        Pledge memory before = registry.pledgeOf(order.escrowId, order.operator);
        vm.prank(stranger);
        try registry.pledgeFor(order, pledgeSignatures[one]) {
            Pledge memory it = registry.pledgeOf(order.escrowId, order.operator);
            if (it.amount != before.amount || it.total != before.total) breaks("a signed pledge counted twice");
            if (it.releaseAt <= before.releaseAt) breaks("a signed pledge did nothing");
            if (it.releaseAt > order.releaseBy) breaks("a pledge is bound for longer than was signed");
            success("pledgeReplayed");
        } catch {}
    }

    /// @dev The moment at which a registry that forgets totals would take them again.
    function replayPledges(EscrowId id, address of_) private {
        for (uint256 i = 0; i < signedPledges.length; ++i) {
            PledgeOrder memory order = signedPledges[i];
            if (EscrowId.unwrap(order.escrowId) != EscrowId.unwrap(id) || order.operator != of_) continue;
            replayPledge(i);
        }
    }

    /// @dev Checked at once, not only after the call: later calls of a run may hide it.
    function checkBond(address of_) private {
        Bond memory it = registry.bondOf(of_);
        if (it.pledged > it.stake) breaks("pledged beyond stake");
    }

    function releasePledge(uint256 seed, uint256 operatorSeed) public {
        EscrowId id = pick(seed);
        address of_ = vm.addr(operatorKey(operatorSeed));
        Pledge memory it = registry.pledgeOf(id, of_);
        uint64 finalAt = escrows.finalAt(id);
        uint64 readyAt = it.releaseAt < finalAt ? it.releaseAt : finalAt;
        bool promised = it.amount != 0 && it.locks == 0 && block.timestamp >= readyAt;
        bool happened = true;
        vm.prank(stranger);
        try registry.releasePledge(id, of_) {
            success("releasePledge");
            replayPledges(id, of_);
        } catch {
            happened = false;
        }
        weigh(happened, promised, "releasePledge");
    }

    function intrudeStake(uint256 seed, uint256 operatorSeed, uint256 way) external {
        EscrowId id = pick(seed);
        address of_ = vm.addr(operatorKey(operatorSeed));
        vm.prank(stranger);
        if (way % 5 == 0) registry.slash(id, of_, 1, stranger);
        else if (way % 5 == 1) registry.lock(id, of_);
        else if (way % 5 == 2) registry.unlock(id, of_);
        else if (way % 5 == 3) registry.pledge(id, of_, 0);
        else registry.setPledgeAllowance(workerAt(seed), 1);
        breaks("a stranger got through");
    }
}
