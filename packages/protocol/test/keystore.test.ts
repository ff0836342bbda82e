// Keystores: the format's own vectors, the way there and back, and files that are none.
import { describe, expect, test } from "vitest";
import { fromHex, looksLikeKeystore, openKeystore, sealKeystore, toHex } from "../src/index.ts";

/** From the Web3 Secret Storage Definition, https://ethereum.org/developers/docs/data-structures-and-encoding/web3-secret-storage. */
const SECRET = "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const PBKDF2 = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "83dbcc02d8ccb40e466191a123791e0e" },
    ciphertext: "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
    kdf: "scrypt",
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
    },
    mac: "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
const random = { salt: new Uint8Array(32).fill(1), iv: new Uint8Array(16).fill(2), id: new Uint8Array(16).fill(3) };

describe("a keystore", () => {
  test.each([
    ["pbkdf2", PBKDF2],
    ["scrypt", SCRYPT],
  ])("of another wallet opens with its passphrase alone (%s)", (_kdf, keystore) => {
    const opened = openKeystore(JSON.stringify(keystore), "testpassword");
    if (!opened.ok) throw new Error(opened.problem);
    expect(toHex(opened.secretKey)).toBe(SECRET);
    expect(openKeystore(JSON.stringify(keystore), "testpassworD")).toEqual({
      ok: false,
      problem: "is not opened by this passphrase",
    });
  });

  test("comes back as it was sealed, and names its address", () => {
    const text = sealKeystore(fromHex(SECRET), "päss", random);
    expect(looksLikeKeystore(text)).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ version: 3, address: "008aeeda4d805471df9b2a5b0f38a0c3bcba786b" });
    // The same accent, decomposed.
    expect(openKeystore(text, "pa\u0308ss")).toEqual({ ok: true, secretKey: fromHex(SECRET) });
    expect(text).not.toContain(SECRET.slice(2));
  });

  test.each([
    ["no JSON", "0x12"],
    ["another version", JSON.stringify({ ...SCRYPT, version: 1 })],
    ["another cipher", JSON.stringify({ ...SCRYPT, crypto: { ...SCRYPT.crypto, cipher: "aes-128-cbc" } })],
  ])("is refused when it is none: %s", (_what, text) => {
    const opened = openKeystore(text, "testpassword");
    expect(opened.ok ? "" : opened.problem).toMatch(/not a keystore of version 3/);
  });

  test("may not ask for the reader's whole memory", () => {
    const kdfparams = { ...SCRYPT.crypto.kdfparams, n: 2 ** 24, r: 8 };
    const greedy = JSON.stringify({ ...SCRYPT, crypto: { ...SCRYPT.crypto, kdfparams } });
    expect(openKeystore(greedy, "testpassword")).toMatchObject({ ok: false, problem: expect.stringMatching(/memory/) });
  });
});
