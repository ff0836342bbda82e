// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {JobEscrow} from "../../src/JobEscrow.sol";
import {DisputeCourt} from "../../src/DisputeCourt.sol";
import {StakeRegistry} from "../../src/StakeRegistry.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {Bond, Pledge} from "../../src/types/Nodes.sol";
import {Account, EscrowView, Phase} from "../../src/types/Orders.sol";
import {vm} from "../support/Vm.sol";
import {Handler} from "./Handler.sol";
import {Ledger} from "./Ledger.sol";

/// @notice What holds after any sequence of calls by anybody; numbers are those of the settlement reference.
contract InvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant WORKERS = 4;
    uint256 private constant MOST_WALKS = 60;
    Handler private handler;
    IERC20 private token;
    JobEscrow private escrows;
    StakeRegistry private registry;
    DisputeCourt private judge;

    function setUp() external {
        watch(new Handler());
    }

    function watch(Handler one) private {
        handler = one;
        (address token_, address escrows_, address registry_, address court_) = handler.contracts();
        (token, escrows, registry) = (IERC20(token_), JobEscrow(escrows_), StakeRegistry(registry_));
        judge = DisputeCourt(court_);
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), handler.actions());
    }

    /// @dev One campaign: each call of a run is followed by all the checks.
    function invariant_all() external view {
        escrowBooksBalance();
        stakeBooksBalance();
        courtBooksBalance();
        rulingsAreFounded();
        nobodyGetsTooMuch();
        feesAreSnapshots();
        noRuleIsBroken();
    }

    /// @dev 1: the escrow contract holds what it owes, to the unit. 2: totals are the sums of accounts, in order.
    function escrowBooksBalance() private view {
        uint256 owed = escrows.feesAccrued();
        for (uint256 i = 0; i < handler.count(); ++i) {
            EscrowId id = handler.ids(i);
            EscrowView memory it = escrows.escrow(id);
            owed += it.budget - it.claimed + it.bond;
            vm.assertLe(it.claimed, it.allotted, "claimed beyond allotted");
            vm.assertLe(it.allotted, it.budget, "allotted beyond budget");
            (uint256 allotted, uint256 claimed) = sums(id);
            vm.assertEq(claimed, it.claimed, "claimed isn't the sum of accounts");
            // A closed escrow's allotments are void: its total is what was paid.
            if (it.phase != Phase.Closed) vm.assertEq(allotted, it.allotted, "allotted isn't the sum of accounts");
        }
        vm.assertEq(token.balanceOf(address(escrows)), owed, "escrow balance");
    }

    /// @dev 3: the registry holds the stakes, to the unit. 11: nothing is pledged twice.
    function stakeBooksBalance() private view {
        uint256 total = 0;
        for (uint256 i = 0; i < handler.operatorCount(); ++i) {
            address of_ = handler.operatorAt(i);
            Bond memory bond = registry.bondOf(of_);
            total += bond.stake;
            vm.assertLe(bond.pledged, bond.stake, "pledged beyond stake");
            uint256 pledged = 0;
            for (uint256 n = 0; n < handler.count(); ++n) {
                Pledge memory one = registry.pledgeOf(handler.ids(n), of_);
                pledged += one.amount;
                vm.assertEq(one.locks, handler.locksOf(handler.ids(n), of_), "locks aren't the open disputes");
            }
            vm.assertEq(pledged + seatsOf(of_), bond.pledged, "pledged isn't the sum of pledges");
        }
        vm.assertEq(token.balanceOf(address(registry)), total, "registry balance");
    }

    /// @dev 4: the court holds bonds and credits, to the unit; a juror's seat is held once for each dispute it serves in.
    function courtBooksBalance() private view {
        vm.assertEq(token.balanceOf(address(judge)), handler.owedByCourt(), "court balance");
        for (uint256 i = 0; i < handler.seatedCount(); ++i) {
            address one = handler.seatedAt(i);
            uint256 locks = registry.pledgeOf(registry.seatOf(one), registry.operatorOf(one)).locks;
            vm.assertEq(locks, handler.dutiesOf(one), "a seat's locks aren't its duties");
        }
    }

    /// @dev 10: verdicts have a majority; and nobody was ever fined beyond what it signed.
    function rulingsAreFounded() private view {
        for (uint256 i = 0; i < handler.caseCount(); ++i) {
            vm.assertTrue(handler.isVerdictFounded(i), "a verdict without a majority");
        }
        vm.assertFalse(handler.isAnybodyFinedTooMuch(), "fined beyond what was signed");
    }

    /// @dev 8: nobody is paid more than was promised. 9: the payer gets back what wasn't paid, and no more.
    function nobodyGetsTooMuch() private view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            EscrowId id = handler.ids(i);
            EscrowView memory it = escrows.escrow(id);
            for (uint256 w = 0; w < WORKERS; ++w) {
                address to = handler.workerAt(w);
                vm.assertLe(escrows.account(id, to).claimed, handler.issued(id, to), "paid beyond what was issued");
            }
            Ledger.Record memory known = handler.record(id);
            vm.assertEq(known.returned + it.budget, known.deposited, "deposit isn't accounted for");
        }
    }

    /// @dev 15: an escrow's fee is the one at its creation, and within the cap.
    function feesAreSnapshots() private view {
        vm.assertLe(escrows.feeBps(), escrows.MAX_FEE_BPS(), "cap");
        for (uint256 i = 0; i < handler.count(); ++i) {
            EscrowId id = handler.ids(i);
            vm.assertEq(escrows.escrow(id).feeBps, handler.record(id).feeBps, "fee changed");
        }
    }

    /// @dev 12, 13 and access: rules on single calls, which the handlers write down. Each exit is refused when it is
    /// too early and granted when it is time, paused or not.
    function noRuleIsBroken() private view {
        vm.assertTrue(bytes(handler.broken()).length == 0, handler.broken());
    }

    /// @dev 7: no money is ever stuck; tried at the end of each run.
    function afterInvariant() external {
        handler.drain(uint256(keccak256(abi.encode(block.timestamp, handler.count()))) % 1000);
        vm.assertEq(token.balanceOf(address(escrows)), 0, "money is stuck in the escrow");
        vm.assertEq(token.balanceOf(address(registry)), 0, "money is stuck in the registry");
        vm.assertEq(token.balanceOf(address(judge)), 0, "money is stuck in the court");
        vm.assertTrue(bytes(handler.broken()).length == 0, handler.broken());
    }

    /// @dev A campaign in which some action never succeeds proves less than it seems to: here each one must.
    function test_everyActionIsReached() external {
        bytes32[42] memory names = [
            // forge-lint: disable-next-line(unsafe-typecast) the first element gives the array its type
            bytes32("create"),
            "topUp",
            "allot",
            "pay",
            "redeem",
            "commit",
            "commit last",
            "release",
            "reclaim",
            "refund",
            "close",
            "register",
            "increaseStake",
            "unbond",
            "withdraw",
            "allow",
            "pledge",
            "pledgeByWorker",
            "pledgeSigned",
            "releasePledge",
            "outlive",
            "collectFees",
            "openDispute",
            "openOnLeaf",
            "implicate",
            "draw",
            "commitVote",
            "revealVote",
            "appeal",
            "resolve",
            "withdrawCredit",
            "equivocate",
            "joinJury",
            "leaveJury",
            "releaseSeat",
            "trial",
            "decided",
            "undecided",
            "appeal decided",
            "appeal undecided",
            "setFee",
            "pause"
        ];
        bool[42] memory reached;
        uint256 missing = names.length;
        for (uint256 round = 0; missing != 0; ++round) {
            vm.assertTrue(round < MOST_WALKS, string.concat("never happened: ", text(firstOf(names, reached))));
            watch(new Handler());
            walk(round, 150);
            this.invariant_all();
            for (uint256 i = 0; i < names.length; ++i) {
                if (reached[i] || handler.done(names[i]) == 0) continue;
                reached[i] = true;
                --missing;
            }
        }
    }

    function firstOf(bytes32[42] memory names, bool[42] memory reached) private pure returns (bytes32) {
        for (uint256 i = 0; i < names.length; ++i) {
            if (!reached[i]) return names[i];
        }
        return "";
    }

    function walk(uint256 round, uint256 steps) private {
        bytes4[] memory list = handler.actions();
        for (uint256 i = 0; i < steps; ++i) {
            bytes32 noise = keccak256(abi.encode("steps", round, i));
            bytes memory arguments = new bytes(0);
            for (uint256 n = 0; n < 7; ++n) {
                // Fits every type that the handlers take.
                arguments = abi.encodePacked(arguments, uint256(uint32(uint256(keccak256(abi.encode(noise, n))))));
            }
            (bool ignored,) = address(handler).call(abi.encodePacked(list[uint256(noise) % list.length], arguments));
            ignored;
        }
    }

    function text(bytes32 word) private pure returns (string memory) {
        return string(abi.encodePacked(word));
    }

    function seatsOf(address of_) private view returns (uint256 amount) {
        for (uint256 i = 0; i < handler.seatedCount(); ++i) {
            amount += registry.pledgeOf(registry.seatOf(handler.seatedAt(i)), of_).amount;
        }
    }

    function sums(EscrowId id) private view returns (uint256 allotted, uint256 claimed) {
        for (uint256 w = 0; w < WORKERS; ++w) {
            Account memory it = escrows.account(id, handler.workerAt(w));
            allotted += it.allotted;
            claimed += it.claimed;
        }
    }
}
