// The example of the README, compiled and run.
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { payerOf, readSecretKey } from "@starling/sdk";
import { expect, test } from "vitest";
import { ownerProgram } from "../src/index.ts";

test("a wallet for a daemon: made once, read by its owner alone", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "starling-owner-")), "hot.key");
  await ownerProgram().parseAsync(["node", "starling", "wallet", "create", "--raw", "--key", path]);

  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(payerOf(await readSecretKey(path)).address).toMatch(/^0x[0-9a-f]{40}$/);
  // A second one never takes its place.
  const again = ownerProgram().parseAsync(["node", "starling", "wallet", "create", "--raw", "--key", path]);
  await expect(again).rejects.toThrow(/exists, and keys are never overwritten/);
});
