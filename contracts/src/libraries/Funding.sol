// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Permit} from "../types/Orders.sol";

/// @notice Collects money by permit and allowance, for both contracts.
library Funding {
    using SafeERC20 for IERC20;

    /// @notice Pulls `amount` from `from`, after presenting its permit where there is one.
    function collect(IERC20 token, address from, uint256 amount, Permit calldata permit) internal {
        if (permit.deadline != 0) {
            // Whoever sees a permit may present it first; the allowance then stands and only this call fails.
            // solhint-disable no-empty-blocks
            try IERC20Permit(address(token))
                .permit(from, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
                catch {}
            // solhint-enable no-empty-blocks
        }
        token.safeTransferFrom(from, address(this), amount);
    }
}
