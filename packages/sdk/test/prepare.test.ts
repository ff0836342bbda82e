// Job files become specs with everything checked that can be checked without a network.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPayer, prepareJob, StarlingError } from "../src/index.ts";

const noSizes = async (): Promise<number> => {
  throw new Error("nothing is asked in this test");
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "starling-sdk-"));
  await writeFile(join(folder, "program.wasm"), "\0asm\u0001\0\0\0");
});
afterEach(async () => await rm(folder, { recursive: true }));

async function refusalOf(yaml: string): Promise<StarlingError> {
  await writeFile(join(folder, "job.yaml"), yaml);
  const error: unknown = await prepareJob(join(folder, "job.yaml"), noSizes).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StarlingError)) throw new Error("the job was not refused");
  return error;
}

describe("prepareJob", () => {
  it("hashes local files and asks for twice all replicas and two audits when no budget is given", async () => {
    await writeFile(
      join(folder, "job.yaml"),
      'version: 1\nrun: {wasm: ./program.wasm}\neach: {range: [0, 9]}\nbudget: {perTask: "0.05 USD"}\n',
    );
    const prepared = await prepareJob(join(folder, "job.yaml"), noSizes);
    expect(prepared.files.map((file) => file.path)).toEqual([join(folder, "program.wasm")]);
    expect(prepared.budget).toBe(2n * (10n * 2n + 2n) * 50_000n);
    expect(prepared.spec.map.program.size).toBe(8);
  });

  it("asks for the size of a file that is named by its content id", async () => {
    const cid = `cid:${"ab".repeat(32)}`;
    await writeFile(join(folder, "job.yaml"), `version: 1\nrun: {wasm: ./program.wasm}\ninputs: {data: "${cid}"}\n`);
    const asked: string[] = [];
    const prepared = await prepareJob(join(folder, "job.yaml"), async (id) => {
      asked.push(id);
      return 42;
    });
    expect(asked).toEqual([cid]);
    expect(prepared.spec.inputs).toEqual([{ name: "data", cid, size: 42 }]);
  });

  it("names an unknown key and the one that was meant", async () => {
    const error = await refusalOf("version: 1\nrun: {wasm: ./program.wasm}\nbudgett: {}\n");
    expect(error.code).toBe("invalidSpec");
    expect(error.fields.map((field) => `${field.field} ${field.description}`).join()).toMatch(/budget/);
  });

  it("names the missing file", async () => {
    expect((await refusalOf("version: 1\nrun: {wasm: ./other.wasm}\n")).message).toMatch(
      /other\.wasm: there is no such file/,
    );
  });

  it("says by how much the budget is short", async () => {
    const error = await refusalOf(
      'version: 1\nrun: {wasm: ./program.wasm}\neach: {range: [0, 9]}\nbudget: {max: "0.5 USD", perTask: "0.05 USD"}\n',
    );
    expect(error.code).toBe("budgetTooSmall");
    expect(error.message).toMatch(/0\.5.* short of 1/);
    expect(error.exitCode).toBe(5);
  });
});

describe("loadPayer", () => {
  it("refuses a key that others can read", async () => {
    const path = join(folder, "payer.key");
    await writeFile(path, `0x${"11".repeat(32)}\n`);
    await chmod(path, 0o644);
    await expect(loadPayer(path)).rejects.toThrow(/chmod 600/);
    await chmod(path, 0o600);
    expect((await loadPayer(path)).address).toBe("0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a");
  });

  it("says what a key file holds", async () => {
    const path = join(folder, "payer.key");
    await writeFile(path, "secret", { mode: 0o600 });
    await expect(loadPayer(path)).rejects.toThrow(/0x and 64 hexadecimal digits/);
  });
});
