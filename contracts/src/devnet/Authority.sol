// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Nothing of our own: makes the build produce OpenZeppelin's AccessManager, which deployments need.
// solhint-disable-next-line no-unused-import
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
