// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Checks proofs in a positional Merkle tree: bit i of the index says whether the node at level i is a right
/// child, so exactly one leaf fits each index and nobody can anchor two answers for one task.
library PositionalMerkle {
    /// @notice Whether `leaf` stands at `index` under `root`; a one-leaf tree has the leaf as root and an empty proof.
    function verify(bytes32 root, uint256 index, bytes32 leaf, bytes32[] calldata proof) internal pure returns (bool) {
        uint256 depth = proof.length;
        // An index beyond the tree would alias a smaller one, as its upper bits are never looked at.
        if (depth > 63 || index >> depth != 0) return false;
        bytes32 node = leaf;
        for (uint256 level = 0; level < depth; ++level) {
            bool isRight = (index >> level) & 1 == 1;
            node = isRight ? _join(proof[level], node) : _join(node, proof[level]);
        }
        return node == root;
    }

    function _join(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encode(left, right));
    }
}
