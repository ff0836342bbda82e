// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Draws numbers without replacement: Fisher-Yates over a list that is never written down, only its exchanges.
library Lots {
    struct Urn {
        bytes32 seed;
        uint256 size;
        uint256 drawn;
        uint256[] moved;
        uint256[] values;
    }

    /// @notice An urn with the numbers 0 to `size` - 1, good for at most `most` draws.
    function fill(bytes32 seed, uint256 size, uint256 most) internal pure returns (Urn memory urn) {
        urn.seed = seed;
        urn.size = size;
        urn.moved = new uint256[](most);
        urn.values = new uint256[](most);
    }

    /// @notice The next number, each as likely as any other that is left.
    function next(Urn memory urn) internal pure returns (uint256 number) {
        uint256 start = urn.drawn;
        uint256 pick = start + uint256(keccak256(abi.encode(urn.seed, start))) % (urn.size - start);
        number = _valueAt(urn, pick);
        // The first number that is left takes the place of the drawn one.
        uint256 first = _valueAt(urn, start);
        (urn.moved[start], urn.values[start]) = (pick, first);
        urn.drawn = start + 1;
    }

    /// @dev The latest exchange counts, so the search runs backwards.
    function _valueAt(Urn memory urn, uint256 place) private pure returns (uint256) {
        for (uint256 i = urn.drawn; i > 0; --i) {
            if (urn.moved[i - 1] == place) return urn.values[i - 1];
        }
        return place;
    }
}
