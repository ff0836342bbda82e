// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// @notice A pause that the access manager rules, for entrances alone: what lets money or promises out never asks it.
abstract contract PausableEntrances is AccessManaged, Pausable {
    /// @notice Closes the entrances.
    function pause() external restricted {
        _pause();
    }

    /// @notice Opens them again.
    function unpause() external restricted {
        _unpause();
    }
}
