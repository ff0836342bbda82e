// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "../src/libraries/Hashes.sol";
import {PositionalMerkle} from "../src/libraries/PositionalMerkle.sol";
import {DisputeId} from "../src/types/Disputes.sol";
import {EscrowId} from "../src/types/EscrowId.sol";
import {PledgeAllowance, PledgeOrder, Registration} from "../src/types/Nodes.sol";
import {JobOrder} from "../src/types/Orders.sol";
import {Replica, ResultLeaf} from "../src/types/Results.sol";
import {vm} from "./support/Vm.sol";

/// @notice The contracts' hashes against test/vectors/*.json, which ethers computed and TypeScript checks too.
contract VectorsTest {
    using PositionalMerkle for bytes32;

    function test_leaves() external view {
        string memory json = vm.readFile("../test/vectors/leaves.json");
        uint256 count = 0;
        for (; vm.keyExistsJson(json, item(".leaves", count, "")); ++count) {
            string memory path = item(".leaves", count, ".");
            bytes32 taskSpec = word(json, path, "taskSpec");
            bytes32 digest = word(json, path, "digest");
            uint32 attempt = uint32(number(json, path, "attempt"));
            bytes32 result = Hashes.result(taskSpec, digest);
            vm.assertEq(result, word(json, path, "resultHash"));
            vm.assertEq(Hashes.receiptLeaf(taskSpec, attempt, result), word(json, path, "receiptLeaf"));
            vm.assertEq(Hashes.replicas(replicas(json, path)), word(json, path, "replicasHash"));
            vm.assertEq(Hashes.resultLeaf(leaf(json, path)), word(json, path, "resultLeaf"));
            address worker = vm.parseJsonAddress(json, join(path, "worker"));
            vm.assertEq(
                Hashes.commitment(taskSpec, attempt, worker, digest, word(json, path, "salt")),
                word(json, path, "commitment")
            );
        }
        vm.assertEq(count, 8);
    }

    function test_trees() external view {
        string memory json = vm.readFile("../test/vectors/trees.json");
        uint256 trees = 0;
        for (; vm.keyExistsJson(json, item(".trees", trees, "")); ++trees) {
            string memory path = item(".trees", trees, ".");
            bytes32 root = word(json, path, "root");
            bytes32[] memory leaves = vm.parseJsonBytes32Array(json, join(path, "leaves"));
            vm.assertEq(leaves.length, number(json, path, "count"));
            for (uint256 i = 0; i < leaves.length; ++i) {
                bytes32[] memory proof = vm.parseJsonBytes32Array(json, item(join(path, "proofs"), i, ""));
                vm.assertTrue(this.verify(root, i, leaves[i], proof), "proof refused");
                vm.assertFalse(this.verify(root, i + leaves.length, leaves[i], proof), "wrong index accepted");
                vm.assertFalse(this.verify(root, i, leaves[i] ^ bytes32(uint256(1)), proof), "wrong leaf accepted");
            }
        }
        vm.assertEq(trees, 5);
    }

    function test_escrowIds() external {
        string memory json = vm.readFile("../test/vectors/escrow-ids.json");
        uint256 count = 0;
        for (; vm.keyExistsJson(json, item(".cases", count, "")); ++count) {
            string memory path = item(".cases", count, ".");
            vm.chainId(number(json, path, "chainId"));
            address escrow = vm.parseJsonAddress(json, join(path, "escrow"));
            EscrowId id = this.escrowId(escrow, order(json, join(path, "order.")));
            vm.assertEq(EscrowId.unwrap(id), word(json, path, "escrowId"));
        }
        vm.assertEq(count, 3);
    }

    function test_typedData() external view {
        string memory json = vm.readFile("../test/vectors/typed-data.json");
        uint256 count = 0;
        for (; vm.keyExistsJson(json, item(".messages", count, "")); ++count) {
            string memory path = item(".messages", count, ".");
            bytes32 body = structHash(json, path, join(path, "message."));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain(json, join(path, "domain.")), body));
            vm.assertEq(digest, word(json, path, "digest"), vm.parseJsonString(json, join(path, "name")));
            (uint8 v, bytes32 r, bytes32 s) = split(vm.parseJsonBytes(json, join(path, "signature")));
            vm.assertEq(ecrecover(digest, v, r, s), vm.parseJsonAddress(json, join(path, "signer")));
        }
        vm.assertEq(count, 14);
    }

    function test_disputes() external view {
        string memory json = vm.readFile("../test/vectors/disputes.json");
        uint256 count = 0;
        for (; vm.keyExistsJson(json, item(".cases", count, "")); ++count) {
            string memory path = item(".cases", count, ".");
            DisputeId id = Hashes.dispute(EscrowId.wrap(word(json, path, "escrowId")), word(json, path, "taskSpec"));
            vm.assertEq(DisputeId.unwrap(id), word(json, path, "disputeId"));
            address juror = vm.parseJsonAddress(json, join(path, "juror"));
            uint8 round = uint8(number(json, path, "round"));
            vm.assertEq(
                Hashes.vote(id, round, juror, word(json, path, "digest"), word(json, path, "salt")),
                word(json, path, "commitment")
            );
            vm.assertEq(EscrowId.unwrap(Hashes.seat(juror)), word(json, path, "seat"));
        }
        vm.assertEq(count, 3);
    }

    // The libraries take calldata, so they are reached by a call.
    function verify(bytes32 root, uint256 index, bytes32 one, bytes32[] calldata proof) external pure returns (bool) {
        return root.verify(index, one, proof);
    }

    function escrowId(address escrow, JobOrder calldata one) external view returns (EscrowId) {
        return Hashes.escrowId(escrow, one);
    }

    function jobOrder(JobOrder calldata one) external pure returns (bytes32) {
        return Hashes.jobOrder(one);
    }

    function structHash(string memory json, string memory path, string memory message) private view returns (bytes32) {
        bytes32 kind = keccak256(bytes(vm.parseJsonString(json, join(path, "primaryType"))));
        if (kind == keccak256("JobOrder")) return this.jobOrder(order(json, message));
        if (kind == keccak256("Registration")) return registration(json, message);
        if (kind == keccak256("PledgeOrder")) return pledgeOrder(json, message);
        if (kind == keccak256("PledgeAllowance")) return pledgeAllowance(json, message);
        if (kind == keccak256("Voucher")) {
            EscrowId id = EscrowId.wrap(word(json, message, "escrowId"));
            address worker = vm.parseJsonAddress(json, join(message, "worker"));
            return Hashes.voucher(id, worker, uint128(number(json, message, "cumulative")));
        }
        return offChainHash(kind, json, message);
    }

    function registration(string memory json, string memory message) private pure returns (bytes32) {
        return Hashes.registration(
            Registration({
                operator: vm.parseJsonAddress(json, join(message, "operator")),
                worker: vm.parseJsonAddress(json, join(message, "worker")),
                peerIdHash: word(json, message, "peerIdHash"),
                seq: uint64(number(json, message, "seq"))
            })
        );
    }

    function pledgeOrder(string memory json, string memory message) private pure returns (bytes32) {
        return Hashes.pledgeOrder(
            PledgeOrder({
                escrowId: EscrowId.wrap(word(json, message, "escrowId")),
                operator: vm.parseJsonAddress(json, join(message, "operator")),
                total: uint128(number(json, message, "total")),
                releaseBy: uint64(number(json, message, "releaseBy")),
                deadline: uint64(number(json, message, "deadline"))
            })
        );
    }

    function pledgeAllowance(string memory json, string memory message) private pure returns (bytes32) {
        return Hashes.pledgeAllowance(
            PledgeAllowance({
                worker: vm.parseJsonAddress(json, join(message, "worker")),
                allowance: uint128(number(json, message, "allowance")),
                seq: uint64(number(json, message, "seq"))
            })
        );
    }

    /// @dev Types that no contract checks are spelled out here, so that a later contract can rely on them.
    function offChainHash(bytes32 kind, string memory json, string memory message) private pure returns (bytes32) {
        if (kind == keccak256("BatchReceipt")) {
            EscrowId id = EscrowId.wrap(word(json, message, "escrowId"));
            bytes32 root = word(json, message, "resultsRoot");
            return Hashes.batchReceipt(id, root, uint128(number(json, message, "fine")));
        }
        if (kind == keccak256("Offer")) {
            return keccak256(abi.encode(keccak256("Offer(bytes32 offerHash)"), word(json, message, "offerHash")));
        }
        if (kind == keccak256("PeerBinding")) {
            bytes32 typeHash = keccak256("PeerBinding(bytes peerId,address worker,uint64 seq,uint64 notAfter)");
            bytes32 peer = keccak256(vm.parseJsonBytes(json, join(message, "peerId")));
            address worker = vm.parseJsonAddress(json, join(message, "worker"));
            return keccak256(
                abi.encode(typeHash, peer, worker, number(json, message, "seq"), number(json, message, "notAfter"))
            );
        }
        require(kind == keccak256("Frame"), "unknown type");
        return frame(json, message);
    }

    function frame(string memory json, string memory message) private pure returns (bytes32) {
        bytes32 typeHash = keccak256("Frame(string kind,bytes32 root,uint32 count,uint64 epoch,uint64 sequence)");
        bytes32 kind = keccak256(bytes(vm.parseJsonString(json, join(message, "kind"))));
        uint256 count = number(json, message, "count");
        uint256 epoch = number(json, message, "epoch");
        uint256 sequence = number(json, message, "sequence");
        return keccak256(abi.encode(typeHash, kind, word(json, message, "root"), count, epoch, sequence));
    }

    function domain(string memory json, string memory path) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(vm.parseJsonString(json, join(path, "name")))),
                keccak256(bytes(vm.parseJsonString(json, join(path, "version")))),
                number(json, path, "chainId"),
                vm.parseJsonAddress(json, join(path, "verifyingContract"))
            )
        );
    }

    function order(string memory json, string memory path) private pure returns (JobOrder memory one) {
        one.requester = vm.parseJsonAddress(json, join(path, "requester"));
        one.coordinator = vm.parseJsonAddress(json, join(path, "coordinator"));
        one.budget = uint128(number(json, path, "budget"));
        one.specHash = word(json, path, "specHash");
        one.lotteryRoot = word(json, path, "lotteryRoot");
        one.deadline = uint64(number(json, path, "deadline"));
        one.salt = word(json, path, "salt");
    }

    function leaf(string memory json, string memory path) private pure returns (ResultLeaf memory one) {
        one.index = uint64(number(json, path, "index"));
        one.taskSpec = word(json, path, "taskSpec");
        one.attempt = uint32(number(json, path, "attempt"));
        one.resultHash = word(json, path, "resultHash");
        one.replicasHash = word(json, path, "replicasHash");
    }

    function replicas(string memory json, string memory path) private view returns (Replica[] memory list) {
        string memory base = join(path, "replicas");
        uint256 count = 0;
        while (vm.keyExistsJson(json, item(base, count, ""))) ++count;
        list = new Replica[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory one = item(base, i, ".");
            list[i].worker = vm.parseJsonAddress(json, join(one, "worker"));
            list[i].attempt = uint32(number(json, one, "attempt"));
            list[i].resultHash = word(json, one, "resultHash");
        }
    }

    function split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        require(signature.length == 65, "signature length");
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }

    function word(string memory json, string memory path, string memory key) private pure returns (bytes32) {
        return vm.parseJsonBytes32(json, join(path, key));
    }

    function number(string memory json, string memory path, string memory key) private pure returns (uint256) {
        return vm.parseJsonUint(json, join(path, key));
    }

    function join(string memory left, string memory right) private pure returns (string memory) {
        return string.concat(left, right);
    }

    function item(string memory base, uint256 index, string memory rest) private pure returns (string memory) {
        return string.concat(base, "[", vm.toString(index), "]", rest);
    }
}
