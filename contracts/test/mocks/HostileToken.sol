// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockUSD} from "../../src/devnet/MockUSD.sol";

/// @notice A token that can block accounts, as real stablecoins do, and call somebody back in the middle of a transfer.
contract HostileToken is MockUSD {
    error Blocked(address account);

    mapping(address account => bool) public isBlocked;
    address public target;
    bytes public call;
    uint256 public attempts;
    uint256 public successes;
    bytes4 public lastError;

    function setBlocked(address account, bool blocked) external {
        isBlocked[account] = blocked;
    }

    /// @notice From now on every transfer first calls `to` with `data`.
    function arm(address to, bytes calldata data) external {
        (target, call) = (to, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (isBlocked[to]) revert Blocked(to);
        super._update(from, to, value);
        if (target == address(0)) return;
        ++attempts;
        (bool isDone, bytes memory answer) = target.call(call);
        if (isDone) ++successes;
        // forge-lint: disable-next-line(unsafe-typecast)
        else lastError = bytes4(answer);
    }
}
