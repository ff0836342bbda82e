// Hashes and signatures against ethers, an independent implementation, and against hand-made properties.
import {
  type Address,
  abiAddress,
  abiBytes,
  abiEncode,
  abiHash,
  abiString,
  abiStructs,
  abiUint,
  addressOfSecretKey,
  batchReceiptDigest,
  canonicalJson,
  commitmentOf,
  escrowIdOf,
  frameDigest,
  fromHex,
  type Hash,
  type Hex,
  type JobOrder,
  jobOrderDigest,
  keccakText,
  offerDigest,
  peerBindingDigest,
  permitDigest,
  receiptLeaf,
  recoverAddress,
  registrationDigest,
  replicasHash,
  resultHashOf,
  resultLeaf,
  type Signature,
  type SigningDomain,
  signDigest,
  taggedDigest,
  toHex,
  voucherDigest,
} from "@starling/protocol";
import { AbiCoder, ethers, SigningKey, TypedDataEncoder } from "ethers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const coder = AbiCoder.defaultAbiCoder();
const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b): Hex => toHex(b));
const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: "binary" });
const address = (digit: string): Address => `0x${digit.repeat(40)}`;
const domain: SigningDomain = {
  chainId: 31337,
  jobEscrow: address("1"),
  stakeRegistry: address("2"),
  court: address("3"),
};

describe("ABI encoding", () => {
  test("is what ethers encodes", () => {
    const rows = fc.array(fc.tuple(hex(20), uint(32), hex(32)), { maxLength: 5 });
    fc.assert(
      fc.property(
        fc.tuple(uint(256), hex(32), hex(20), fc.uint8Array({ maxLength: 100 }), text, rows),
        ([n, h, a, b, t, r]) => {
          const ours = abiEncode([
            abiUint(n),
            abiHash(h),
            abiAddress(a),
            abiBytes(b),
            abiString(t),
            abiStructs(r.map(([x, y, z]) => [abiAddress(x), abiUint(y, 32), abiHash(z)])),
          ]);
          const types = ["uint256", "bytes32", "address", "bytes", "string", "tuple(address,uint32,bytes32)[]"];
          expect(toHex(ours)).toBe(coder.encode(types, [n, h, a, b, t, r]));
        },
      ),
    );
  });

  test("refuses an integer that does not fit", () => {
    expect(() => abiUint(1n << 32n, 32)).toThrow(/does not fit uint32/);
    expect(() => abiUint(-1)).toThrow(/does not fit/);
  });
});

describe("result hashes", () => {
  test("are the formulas of the contracts", () => {
    fc.assert(
      fc.property(
        fc.tuple(hex(32), uint(32), hex(20), hex(32), hex(32)),
        ([taskSpec, attempt, worker, digest, salt]) => {
          const of = { taskSpec, attempt: Number(attempt) };
          const solidity = (types: string[], values: unknown[]) => ethers.keccak256(coder.encode(types, values));
          const resultHash = solidity(["bytes32", "bytes32"], [taskSpec, digest]);
          expect(resultHashOf(taskSpec, digest)).toBe(resultHash);
          expect(commitmentOf(of, { worker, digest, salt })).toBe(
            solidity(["bytes32", "uint32", "address", "bytes32", "bytes32"], [taskSpec, attempt, worker, digest, salt]),
          );
          expect(receiptLeaf(of, digest)).toBe(
            solidity(["bytes32", "uint32", "bytes32"], [taskSpec, attempt, resultHash]),
          );
          const replicas = replicasHash([{ worker, attempt: of.attempt, resultHash: digest }]);
          expect(replicas).toBe(solidity(["tuple(address,uint32,bytes32)[]"], [[[worker, attempt, digest]]]));
          expect(resultLeaf({ ...of, index: 7, resultHash: digest, replicasHash: replicas })).toBe(
            solidity(["uint64", "bytes32", "uint32", "bytes32", "bytes32"], [7, taskSpec, attempt, digest, replicas]),
          );
        },
      ),
    );
  });

  test("differ by tag for the same content", () => {
    expect(taggedDigest("task", { a: 1 })).not.toBe(taggedDigest("spec", { a: 1 }));
  });
});

/** Our digest and the one that ethers computes from the type's text. */
function typed(name: string, contract: Address, type: string) {
  const [, struct = "", fields = ""] = /^(\w+)\((.*)\)$/.exec(type) ?? [];
  const types = {
    [struct]: fields.split(",").map((field) => ({ type: field.split(" ")[0] ?? "", name: field.split(" ")[1] ?? "" })),
  };
  return (value: Record<string, unknown>, version = "1"): string =>
    TypedDataEncoder.hash({ name, version, chainId: domain.chainId, verifyingContract: contract }, types, value);
}

const order = fc.record({
  requester: hex(20),
  coordinator: hex(20),
  budget: uint(128),
  specHash: hex(32),
  lotteryRoot: hex(32),
  deadline: safe,
  salt: hex(32),
}) as fc.Arbitrary<JobOrder>;

describe("typed data", () => {
  const jobOrder = typed(
    "Starling JobEscrow",
    domain.jobEscrow,
    "JobOrder(address requester,address coordinator,uint128 budget,bytes32 specHash,bytes32 lotteryRoot,uint64 deadline,bytes32 salt)",
  );
  const voucher = typed(
    "Starling JobEscrow",
    domain.jobEscrow,
    "Voucher(bytes32 escrowId,address worker,uint128 cumulative)",
  );
  const receipt = typed(
    "Starling DisputeCourt",
    domain.court,
    "BatchReceipt(bytes32 escrowId,bytes32 resultsRoot,uint128 fine)",
  );
  const frame = typed(
    "Starling Protocol",
    domain.jobEscrow,
    "Frame(string kind,bytes32 root,uint32 count,uint64 epoch,uint64 sequence)",
  );
  const offer = typed("Starling Protocol", domain.jobEscrow, "Offer(bytes32 offerHash)");
  const binding = typed(
    "Starling Identity",
    domain.stakeRegistry,
    "PeerBinding(bytes peerId,address worker,uint64 seq,uint64 notAfter)",
  );
  const registration = typed(
    "Starling Identity",
    domain.stakeRegistry,
    "Registration(address operator,address worker,bytes32 peerIdHash,uint64 seq)",
  );
  const permit = typed(
    "MockUSD",
    domain.court,
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
  );

  test("digests are what ethers computes", () => {
    fc.assert(
      fc.property(
        fc.tuple(order, hex(32), hex(20), uint(128), safe, fc.uint8Array({ maxLength: 40 })),
        ([job, hash, who, amount, n, peerId]) => {
          expect(jobOrderDigest(domain, job)).toBe(jobOrder({ ...job }));
          const v = { escrowId: hash, worker: who, cumulative: amount };
          expect(voucherDigest(domain, v)).toBe(voucher(v));
          const r = { escrowId: hash, resultsRoot: hash, fine: amount };
          expect(batchReceiptDigest(domain, r)).toBe(receipt(r));
          const f = { kind: "commitSet", root: hash, count: n % 2 ** 32, epoch: n, sequence: n } as const;
          expect(frameDigest(domain, f)).toBe(frame({ ...f }));
          expect(offerDigest(domain, hash)).toBe(offer({ offerHash: hash }));
          const b = { peerId, worker: who, seq: n, notAfter: n };
          expect(peerBindingDigest(domain, b)).toBe(binding({ ...b, peerId: toHex(peerId) }));
          const g = { operator: who, worker: who, peerIdHash: hash, seq: n };
          expect(registrationDigest(domain, g)).toBe(registration(g));
          const p = { owner: who, spender: who, value: amount, nonce: amount, deadline: n };
          const token = { name: "MockUSD", version: "1", chainId: domain.chainId, token: domain.court };
          expect(permitDigest(token, p)).toBe(permit(p));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("the escrow id is known before the escrow exists", () => {
    fc.assert(
      fc.property(order, (job) => {
        const tuple = "tuple(address,address,uint128,bytes32,bytes32,uint64,bytes32)";
        const fields = [
          job.requester,
          job.coordinator,
          job.budget,
          job.specHash,
          job.lotteryRoot,
          job.deadline,
          job.salt,
        ];
        const encoded = coder.encode(["uint256", "address", tuple], [domain.chainId, domain.jobEscrow, fields]);
        expect(escrowIdOf(domain, job)).toBe(ethers.keccak256(encoded));
      }),
      { numRuns: 30 },
    );
  });
});

describe("signatures", () => {
  const key = new Uint8Array(32).fill(7);

  test("are those of ethers, and recover to the account", () => {
    const foreign = new SigningKey(key);
    for (const word of ["a", "b", "c", "d"]) {
      const digest = keccakText(word);
      const signature = signDigest(key, digest);
      expect(signature).toBe(foreign.sign(digest).serialized);
      expect(recoverAddress(digest, signature)).toBe(addressOfSecretKey(key));
    }
    expect(addressOfSecretKey(key)).toBe(ethers.computeAddress(foreign).toLowerCase());
  });

  test("have one form: high s, odd v and junk recover nobody", () => {
    const digest = keccakText("x");
    const signature = signDigest(key, digest);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const flipped = signature.endsWith("1b") ? "1c" : "1b";
    const high = `${signature.slice(0, 66)}${(order - s).toString(16).padStart(64, "0")}${flipped}` as Signature;
    expect(recoverAddress(digest, high)).toBeNull();
    expect(recoverAddress(digest, `${signature.slice(0, 130)}00` as Signature)).toBeNull();
    expect(recoverAddress(digest, `0x${"0".repeat(128)}1b`)).toBeNull();
    expect(recoverAddress(digest, `0x${"f".repeat(128)}1b`)).toBeNull();
    expect(recoverAddress(digest, "0x12" as Signature)).toBeNull();
  });

  test("a changed digest recovers somebody else", () => {
    fc.assert(
      fc.property(hex(32), (digest: Hash) => {
        const signature = signDigest(key, keccakText("signed"));
        expect(recoverAddress(digest, signature)).not.toBe(addressOfSecretKey(key));
      }),
      { numRuns: 20 },
    );
  });
});

describe("canonical JSON", () => {
  test("sorts by UTF-16 code units and prints numbers as ECMAScript does (RFC 8785, 3.2.3)", () => {
    const value = {
      "\u20ac": "Euro",
      "\r": "CR",
      "\ufb33": "Hebrew",
      "1": "One",
      "\ud83d\ude00": "Smile",
      "\u0080": "Control",
      "\u00f6": "Latin",
    };
    const keys = Object.keys(JSON.parse(canonicalJson(value)));
    expect(new Set(keys)).toEqual(new Set(Object.keys(value)));
    expect(canonicalJson(value)).toBe(
      '{"\\r":"CR","1":"One","\u0080":"Control","\u00f6":"Latin","\u20ac":"Euro","\ud83d\ude00":"Smile","\ufb33":"Hebrew"}',
    );
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    );
    expect(canonicalJson({ b: 12n, a: undefined })).toBe('{"b":"12"}');
  });

  test("does not depend on the order of members, and parses back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const once = canonicalJson(value);
        expect(canonicalJson(JSON.parse(once))).toBe(once);
        expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("refuses what JSON cannot say", () => {
    for (const bad of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      () => 1,
      "\ud800",
      new Map(),
      new Uint8Array(1),
    ]) {
      expect(() => canonicalJson(bad)).toThrow(/canonical JSON/);
    }
  });
});

test("hex text and bytes are each other's inverse", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect([...fromHex(toHex(bytes))]).toEqual([...bytes]);
    }),
  );
});
