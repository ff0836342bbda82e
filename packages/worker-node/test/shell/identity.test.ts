// Who a worker is: keys that are made once, and a registration that must be its own.
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recover } from "@starling/node-kit";
import { checkSignedRecord, peerIdHash } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { readRegistration, registrationPath, workerKeys } from "../../src/shell/identity.ts";
import { domain, networkId, newWallet, recordOf, temporaryDirectory, testWorker } from "./support.ts";

const paths = (dataDir: string) => ({
  dataDir,
  keyFile: undefined,
  peerKeyFile: undefined,
  registrationFile: undefined,
});

describe("keys", () => {
  test("are made at the first start, for their owner alone, and stay", () => {
    const dataDir = join(temporaryDirectory(), "new");
    const first = workerKeys(paths(dataDir));
    const again = workerKeys(paths(dataDir));
    expect(again.wallet.address).toBe(first.wallet.address);
    expect(again.peerId).toBe(first.peerId);
    for (const name of ["worker.key", "peer.key"]) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  });
});

describe("a registration", () => {
  const worker = testWorker();
  const { keys, registration } = worker;
  const content = {
    operator: registration.operator,
    worker: keys.wallet.address,
    peerIdHash: peerIdHash(keys.peerId),
    seq: registration.seq,
    operatorSignature: registration.operatorSignature,
  };
  const read = (found: unknown) => {
    const path = registrationPath(paths(temporaryDirectory()));
    writeFileSync(path, typeof found === "string" ? found : JSON.stringify(found));
    return readRegistration(path, keys, domain);
  };

  test("is read when the operator signed it for this worker", () => {
    expect(read(content)).toEqual(registration);
  });

  test("that is missing names what has to be registered", () => {
    const path = registrationPath(paths(temporaryDirectory()));
    expect(() => readRegistration(path, keys, domain)).toThrow(keys.wallet.address);
  });

  test("of somebody else, by somebody else, or unreadable is refused in words", () => {
    expect(() => read({ ...content, worker: newWallet().address })).toThrow("registers another worker");
    expect(() => read({ ...content, peerIdHash: peerIdHash(testWorker().keys.peerId) })).toThrow("another worker");
    expect(() => read({ ...content, seq: 2 })).toThrow("not signed by the operator");
    expect(() => read({ ...content, operator: newWallet().address })).toThrow("not signed by the operator");
    expect(() => read({ ...content, seq: "1" })).toThrow("must hold");
    expect(() => read("no json")).toThrow("not a JSON object");
  });
});

describe("a worker's record", () => {
  const context = () => ({ networkId, domain, recover, now: Date.now() });

  test("holds for everybody, and each newer one replaces the older", () => {
    const worker = testWorker();
    const record = recordOf(worker);
    const first = record.current();
    const changes: number[] = [];
    record.onChange(({ record: { seq } }) => changes.push(seq));
    record.renew();
    expect(checkSignedRecord(first, context())).toBeNull();
    expect(checkSignedRecord(record.current(), context())).toBeNull();
    expect(record.current().record.seq).toBeGreaterThan(first.record.seq);
    expect(changes).toEqual([record.current().record.seq]);
    expect(recordOf(worker, { epoch: 2 }).current().record.seq).toBeGreaterThan(record.current().record.seq);
  });

  test("names no more addresses than the wire takes", () => {
    const many = Array.from({ length: 20 }, (_, i) => `/ip4/127.0.0.1/tcp/${4_000 + i}`);
    expect(recordOf(testWorker(), { addresses: () => many }).current().record.addresses).toEqual(many.slice(0, 8));
  });
});
