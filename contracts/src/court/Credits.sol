// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDisputeCourt} from "../interfaces/IDisputeCourt.sol";

/// @title The token's way out of the court: nothing is sent by a ruling, everybody fetches his own
/// @dev So nobody whom the token refuses can keep a dispute from ending.
abstract contract Credits is IDisputeCourt, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice The one token, fixed at deployment; the registry's.
    IERC20 public immutable token;
    mapping(address account => uint256) private _credits;

    constructor(IERC20 token_) {
        token = token_;
    }

    /// @inheritdoc IDisputeCourt
    function withdrawCredit(address account) external nonReentrant {
        uint256 amount = _credits[account];
        if (amount == 0) revert CourtNothingDue();
        _credits[account] = 0;
        emit CreditWithdrawn(account, amount);
        token.safeTransfer(account, amount);
    }

    /// @inheritdoc IDisputeCourt
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        _credits[account] += amount;
        emit Credited(account, amount);
    }
}
