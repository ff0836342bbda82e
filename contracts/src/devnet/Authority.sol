// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Nothing of our own: makes the build produce OpenZeppelin's AccessManager, which deployments need.
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
