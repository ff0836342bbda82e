// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Account} from "./Orders.sol";

/// @notice An `Account` in one word: allotted in bits 0-95, claimed in 96-191, expiresAt in 192-255.
/// @dev Packed by hand, as the compiler reads and writes a packed struct member by member; accounts are what every
/// worker of every job pays for.
type AccountSlot is uint256;

using AccountSlots for AccountSlot global;

/// @notice Packs and unpacks account words.
library AccountSlots {
    /// @notice The word of an account.
    function pack(uint96 allotted_, uint96 claimed_, uint64 expiresAt_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(uint256(allotted_) | uint256(claimed_) << 96 | uint256(expiresAt_) << 192);
    }

    /// @notice What the worker may be paid in all.
    function allotted(AccountSlot self) internal pure returns (uint96) {
        return uint96(AccountSlot.unwrap(self));
    }

    /// @notice What the worker was paid.
    function claimed(AccountSlot self) internal pure returns (uint96) {
        return uint96(AccountSlot.unwrap(self) >> 96);
    }

    /// @notice When the unclaimed rest may be taken back; 0 for an account that never was.
    function expiresAt(AccountSlot self) internal pure returns (uint64) {
        return uint64(AccountSlot.unwrap(self) >> 192);
    }

    /// @notice All three, as callers see them.
    function unpack(AccountSlot self) internal pure returns (Account memory) {
        return Account(allotted(self), claimed(self), expiresAt(self));
    }
}
