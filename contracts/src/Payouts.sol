// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {PausableEntrances} from "./PausableEntrances.sol";

/// @title The token's way out of the escrow contract, and what it leaves behind: fees and credits
abstract contract Payouts is IJobEscrow, PausableEntrances, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev What one call pays out: gross of all payouts, the fees within it, and the rate that they follow.
    struct Sum {
        uint256 due;
        uint256 fees;
        uint256 feeBps;
    }

    /// @notice The highest fee that can ever be set, in hundredths of a percent.
    uint16 public constant MAX_FEE_BPS = 500;
    uint256 private constant BPS = 10_000;

    /// @notice The one token, fixed at deployment; fee-on-transfer and rebasing tokens must not be chosen.
    IERC20 public immutable token;
    /// @notice The fee of escrows to come, in hundredths of a percent of payouts.
    uint16 public feeBps;
    /// @notice Fees charged and not collected yet.
    uint256 public feesAccrued;
    mapping(address account => uint256) private _credits;

    constructor(IERC20 token_) {
        token = token_;
    }

    /// @inheritdoc IJobEscrow
    function withdrawCredit(address who) external nonReentrant {
        uint256 amount = _credits[who];
        if (amount == 0) revert EscrowNothingDue();
        _credits[who] = 0;
        emit CreditWithdrawn(who, amount);
        token.safeTransfer(who, amount);
    }

    /// @inheritdoc IJobEscrow
    function setFee(uint16 newFeeBps) external restricted {
        if (newFeeBps > MAX_FEE_BPS) revert EscrowFeeTooHigh(newFeeBps, MAX_FEE_BPS);
        feeBps = newFeeBps;
        emit FeeSet(newFeeBps);
    }

    /// @inheritdoc IJobEscrow
    function collectFees(address to) external restricted nonReentrant {
        uint256 amount = feesAccrued;
        if (amount == 0) revert EscrowNothingDue();
        feesAccrued = 0;
        emit FeesCollected(to, amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IJobEscrow
    function creditOf(address who) external view returns (uint256) {
        return _credits[who];
    }

    /// @dev Adds one payout to `sum`.
    /// @return net What is left for the payee; the fee rounds down, in its favour.
    function _charge(Sum memory sum, uint256 due) internal pure returns (uint256 net) {
        sum.due += due;
        if (sum.feeBps == 0) return due;
        uint256 fee = due * sum.feeBps / BPS;
        sum.fees += fee;
        return due - fee;
    }

    /// @dev Keeps the fees of a whole call, with one write.
    function _keepFees(Sum memory sum) internal {
        if (sum.fees != 0) feesAccrued += sum.fees;
    }

    /// @dev Sends, or keeps as a credit where the token refuses, so that one blocked account holds up nobody else.
    function _send(address to, uint256 amount) internal {
        if (amount == 0) return;
        if (token.trySafeTransfer(to, amount)) return;
        _credits[to] += amount;
        emit Credited(to, amount);
    }
}
