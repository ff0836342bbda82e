// Misbehaving is for devnets: the owner's own option switches it on, and nothing else does.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, loadConfig, silentLogger } from "@starling/node-kit";
import { describe, expect, test } from "vitest";
import { workerOptions } from "../../src/config.ts";
import { honest } from "../../src/shell/behaviours/behaviour.ts";
import { behaviourNames } from "../../src/shell/behaviours/registry.ts";
import { chooseBehaviour } from "../../src/shell/misbehave.ts";
import { WorkerNode } from "../../src/shell/worker-node.ts";
import { domain, temporaryDirectory } from "./support.ts";

const devnet = { chainId: 31_337, networkId: "devnet-12ab34cd" };
const program = join(import.meta.dirname, "../../src/bin/worker-node.ts");

describe("a behaviour that is not honest", () => {
  test("needs the option on the command line and a devnet", () => {
    for (const name of behaviourNames)
      expect(chooseBehaviour({ asked: name, source: "flag", network: devnet })).not.toBe(honest);
    const refused = [
      { asked: "liar", source: "environment", network: devnet, says: /command line alone/ },
      { asked: "liar", source: "file", network: devnet, says: /command line alone/ },
      { asked: "liar", source: "flag", network: { ...devnet, chainId: 1 }, says: /chain 1 is none/ },
      { asked: "liar", source: "flag", network: { ...devnet, networkId: "main" }, says: /"main"/ },
      { asked: "liar", source: "flag", network: { ...devnet, networkId: "devnetwork" }, says: /"devnetwork"/ },
      { asked: "angel", source: "flag", network: devnet, says: /one of liar, .*it was "angel"/ },
      { asked: "sleeper:0", source: "flag", network: devnet, says: /one of liar/ },
      { asked: "constructor", source: "flag", network: devnet, says: /one of liar/ },
    ] as const;
    for (const { says, ...asked } of refused) expect(() => chooseBehaviour(asked), asked.asked).toThrow(says);
  });

  test("is nothing that a worker has without being asked", () => {
    expect(chooseBehaviour({ asked: undefined, source: undefined, network: devnet })).toBe(honest);
    expect(loadConfig(workerOptions, { args: ["--network", "n"], environment: {} }).values.misbehave).toBeUndefined();
  });

  test("is refused before a worker has a link over which anybody could speak to it", () => {
    const folder = temporaryDirectory();
    for (const [network, args] of [
      [{ chainId: 1, networkId: "devnet-1" }, ["--misbehave", "liar"]],
      [{ chainId: 31_337, networkId: "main" }, ["--misbehave", "liar"]],
    ] as const) {
      const path = networkFile(folder, network);
      const { values, sources } = loadConfig(workerOptions, { args: ["--network", path, ...args], environment: {} });
      const make = (): WorkerNode =>
        new WorkerNode(values, { logger: silentLogger, fail: () => undefined, end: () => undefined, sources });
      expect(make).toThrow(ConfigError);
    }
  });

  test("cannot be put into a worker's variables or its file", () => {
    const folder = temporaryDirectory();
    const network = networkFile(folder, devnet);
    const config = join(folder, "worker.yaml");
    writeFileSync(config, `network: ${network}\nmisbehave: liar\n`);
    const runs = [
      { args: ["--network", network], environment: { STARLING_MISBEHAVE: "liar" } },
      { args: ["--config", config], environment: {} },
    ];
    for (const { args, environment } of runs) {
      const ran = spawnSync(process.execPath, [program, "start", "--data-dir", join(folder, "data"), ...args], {
        env: { PATH: process.env.PATH, ...environment },
        encoding: "utf8",
        timeout: 30_000,
      });
      expect(ran, ran.stderr).toMatchObject({ status: 78, stdout: "" });
      expect(ran.stderr).toContain("misbehave is taken from the command line alone");
    }
  });
});

function networkFile(folder: string, { chainId, networkId }: { readonly chainId: number; readonly networkId: string }) {
  const { stakeRegistry, jobEscrow, court } = domain;
  const contracts = { token: court, stakeRegistry, jobEscrow, court };
  const network = { name: "test", networkId, chainId, contracts, coordinators: [], bootstrap: [], confirmations: 1 };
  const path = join(folder, `${networkId}-${chainId}.json`);
  writeFileSync(path, JSON.stringify({ ...network, rpcUrl: "http://127.0.0.1:9" }));
  return path;
}
