// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PositionalMerkle} from "../src/libraries/PositionalMerkle.sol";
import {Fixture} from "./support/Fixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice A tree binds each leaf to its place; checked against a second, naive way of building trees.
contract PositionalMerkleTest is Fixture {
    function setUp() public override {}

    function verify(bytes32 root, uint256 index, bytes32 leaf, bytes32[] calldata proof) public pure returns (bool) {
        return PositionalMerkle.verify(root, index, leaf, proof);
    }

    function testFuzz_everyLeafVerifiesInItsPlaceAlone(uint8 size, uint8 chosen, uint8 other) external view {
        uint256 count = bounded(size, 1, 33);
        uint256 index = bounded(chosen, 0, count - 1);
        (bytes32[][] memory levels, uint256 depth) = build(count);
        bytes32[] memory proof = new bytes32[](depth);
        for (uint256 level = 0; level < depth; ++level) {
            proof[level] = levels[level][(index >> level) ^ 1];
        }
        bytes32 root = levels[depth][0];
        vm.assertTrue(this.verify(root, index, levels[0][index], proof), "refused in its place");
        uint256 elsewhere = bounded(other, 0, 255);
        if (elsewhere != index) {
            vm.assertFalse(this.verify(root, elsewhere, levels[0][index], proof), "accepted elsewhere");
        }
        vm.assertFalse(this.verify(root, index, keccak256("other"), proof), "two leaves for one index");
    }

    function test_indexBeyondTheTreeIsRefused() external view {
        bytes32[] memory proof = new bytes32[](1);
        bytes32 left = keccak256("left");
        proof[0] = keccak256("right");
        bytes32 root = keccak256(abi.encodePacked(left, proof[0]));
        vm.assertTrue(this.verify(root, 0, left, proof), "refused");
        // Bit 0 of 2 is that of 0, so only the length tells them apart.
        vm.assertFalse(this.verify(root, 2, left, proof), "alias accepted");
        vm.assertFalse(this.verify(root, type(uint256).max - 1, left, proof), "alias accepted");
        vm.assertFalse(this.verify(root, 0, left, new bytes32[](64)), "a proof deeper than any tree");
    }

    function build(uint256 count) private pure returns (bytes32[][] memory levels, uint256 depth) {
        while (1 << depth < count) ++depth;
        levels = new bytes32[][](depth + 1);
        levels[0] = new bytes32[](1 << depth);
        for (uint256 i = 0; i < count; ++i) {
            levels[0][i] = keccak256(abi.encode("leaf", i));
        }
        for (uint256 level = 0; level < depth; ++level) {
            levels[level + 1] = new bytes32[](levels[level].length / 2);
            for (uint256 i = 0; i < levels[level + 1].length; ++i) {
                levels[level + 1][i] = keccak256(abi.encodePacked(levels[level][2 * i], levels[level][2 * i + 1]));
            }
        }
    }
}
