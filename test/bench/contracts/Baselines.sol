// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The two usual ways to pay for work, in their cheapest honest form, to be measured beside ours. Never deployed for real.

interface Token {
    function transfer(address to, uint256 amount) external returns (bool);
}

/// @notice One transaction per task: records the result and credits every replica; workers withdraw their sums later.
contract TransactionPerTask {
    mapping(bytes32 task => bytes32) public resultOf;
    mapping(address worker => uint256) public creditOf;

    event TaskSettled(bytes32 indexed task, bytes32 result);

    function settle(bytes32 task, bytes32 result, address[] calldata workers, uint256 price) external {
        require(resultOf[task] == 0 && result != 0, "settled");
        resultOf[task] = result;
        for (uint256 i = 0; i < workers.length; i++) creditOf[workers[i]] += price;
        emit TaskSettled(task, result);
    }
}

/// @notice A root of all payments is committed once; each worker claims with a proof.
contract RootAndClaim {
    Token private immutable TOKEN;
    bytes32 public root;
    mapping(uint256 word => uint256) private claimed;

    event Claimed(uint256 indexed index, address indexed worker, uint256 amount);

    constructor(Token token) {
        TOKEN = token;
    }

    function commit(bytes32 root_) external {
        root = root_;
    }

    function claim(uint256 index, address worker, uint256 amount, bytes32[] calldata proof) external {
        uint256 bit = 1 << (index & 0xff);
        require(claimed[index >> 8] & bit == 0, "claimed");
        claimed[index >> 8] |= bit;
        bytes32 node = keccak256(abi.encode(index, worker, amount));
        for (uint256 level = 0; level < proof.length; level++) {
            bytes32 sibling = proof[level];
            node = (index >> level) & 1 == 0
                ? keccak256(abi.encode(node, sibling))
                : keccak256(abi.encode(sibling, node));
        }
        require(node == root, "proof");
        require(TOKEN.transfer(worker, amount), "transfer");
        emit Claimed(index, worker, amount);
    }
}
