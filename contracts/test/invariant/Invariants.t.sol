// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {JobEscrow} from "../../src/JobEscrow.sol";
import {StakeRegistry} from "../../src/StakeRegistry.sol";
import {EscrowId} from "../../src/types/EscrowId.sol";
import {Bond} from "../../src/types/Nodes.sol";
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
    Handler private handler;
    IERC20 private token;
    JobEscrow private escrows;
    StakeRegistry private registry;

    function setUp() external {
        handler = new Handler();
        (address token_, address escrows_, address registry_) = handler.contracts();
        (token, escrows, registry) = (IERC20(token_), JobEscrow(escrows_), StakeRegistry(registry_));
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), handler.actions());
    }

    /// @dev 1: the escrow contract holds what it owes, to the unit. 2: totals are the sums of accounts, in order.
    function invariant_escrowBooksBalance() external view {
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
    function invariant_stakeBooksBalance() external view {
        uint256 total = 0;
        for (uint256 i = 0; i < 2; ++i) {
            address of_ = handler.operatorAt(i);
            Bond memory bond = registry.bondOf(of_);
            total += bond.stake;
            vm.assertLe(bond.pledged, bond.stake, "pledged beyond stake");
            uint256 pledged = 0;
            for (uint256 n = 0; n < handler.count(); ++n) {
                pledged += registry.pledgeOf(handler.ids(n), of_).amount;
            }
            vm.assertEq(pledged, bond.pledged, "pledged isn't the sum of pledges");
        }
        vm.assertEq(token.balanceOf(address(registry)), total, "registry balance");
    }

    /// @dev 8: nobody is paid more than was promised. 9: the payer gets back what wasn't paid, and no more.
    function invariant_nobodyGetsTooMuch() external view {
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
    function invariant_feesAreSnapshots() external view {
        vm.assertLe(escrows.feeBps(), escrows.MAX_FEE_BPS(), "cap");
        for (uint256 i = 0; i < handler.count(); ++i) {
            EscrowId id = handler.ids(i);
            vm.assertEq(escrows.escrow(id).feeBps, handler.record(id).feeBps, "fee changed");
        }
    }

    /// @dev 12, 13 and access: rules on single calls, which the handlers write down. Each exit is refused when it is
    /// too early and granted when it is time, paused or not.
    function invariant_noRuleIsBroken() external view {
        vm.assertTrue(bytes(handler.broken()).length == 0, handler.broken());
    }

    /// @dev 7: no money is ever stuck; tried at the end of each run.
    function afterInvariant() external {
        handler.drain(uint256(keccak256(abi.encode(block.timestamp, handler.count()))) % 1000);
        vm.assertEq(token.balanceOf(address(escrows)), 0, "money is stuck in the escrow");
        vm.assertEq(token.balanceOf(address(registry)), 0, "money is stuck in the registry");
        vm.assertTrue(bytes(handler.broken()).length == 0, handler.broken());
    }

    /// @dev A campaign in which some action never succeeds proves less than it seems to: here each one must.
    function test_everyActionIsReached() external {
        bytes32[22] memory names = [
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
            "court",
            "collectFees"
        ];
        uint256[22] memory reached;
        for (uint256 round = 0; round < 15; ++round) {
            handler = new Handler();
            walk(round, 150);
            vm.assertTrue(bytes(handler.broken()).length == 0, handler.broken());
            for (uint256 i = 0; i < names.length; ++i) {
                reached[i] += handler.done(names[i]);
            }
        }
        for (uint256 i = 0; i < names.length; ++i) {
            vm.assertTrue(reached[i] != 0, string.concat("never happened: ", text(names[i])));
        }
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

    function sums(EscrowId id) private view returns (uint256 allotted, uint256 claimed) {
        for (uint256 w = 0; w < WORKERS; ++w) {
            Account memory it = escrows.account(id, handler.workerAt(w));
            allotted += it.allotted;
            claimed += it.claimed;
        }
    }
}
