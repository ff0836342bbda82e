// Options come from four places in one order, are typed, and every mistake is named with what was probably meant.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ConfigError, loadConfig } from "../src/config.ts";
import { optionsHelp, optionsMarkdown, policyMarkdown, printConfig, printPolicy } from "../src/config-docs.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const table = {
  dataDir: { type: "path", help: "Where everything is kept.", default: "~/.starling" },
  apiPort: { type: "integer", help: "Port of the API.", default: "4100", min: 0, max: 65_535 },
  apiToken: { type: "string", help: "Token of the API.", secret: true },
  bootstrap: { type: "list", help: "Addresses to dial first.", default: "" },
  cache: { type: "size", help: "Size of the artifact cache.", default: "10Gi", min: 1_024 },
  grace: { type: "duration", help: "How long to wait for workers.", default: "30s" },
  gossip: { type: "boolean", help: "Whether to gossip.", default: "true" },
  network: { type: "choice", choices: ["devnet", "testnet"], help: "Which network.", required: true },
} as const;

const load = (args: readonly string[], environment: Record<string, string> = {}) =>
  loadConfig(table, { args: ["--network=devnet", ...args], environment, home: "/homes/ada" });

function problems(args: readonly string[], environment: Record<string, string> = {}): readonly string[] {
  try {
    load(args, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function file(content: string): string {
  const path = join(temporaryDirectory(), "starling.yaml");
  writeFileSync(path, content);
  return path;
}

describe("loadConfig", () => {
  it("has typed values, defaults among them", () => {
    const { values } = load([]);
    expect(values).toEqual({
      dataDir: "/homes/ada/.starling",
      apiPort: 4_100,
      bootstrap: [],
      cache: 10 * 2 ** 30,
      grace: 30_000,
      gossip: true,
      network: "devnet",
    });
    expectTypeOf(values.apiPort).toEqualTypeOf<number>();
    expectTypeOf(values.apiToken).toEqualTypeOf<string | undefined>();
    expectTypeOf(values.bootstrap).toEqualTypeOf<readonly string[]>();
    expectTypeOf(values.network).toEqualTypeOf<"devnet" | "testnet">();
  });

  it("takes flags over environment over file over defaults", () => {
    const path = file("apiPort: 1\ncache: 1Mi\ngrace: 1m\n");
    const { values, sources } = load(["--config", path, "--api-port", "3"], {
      STARLING_API_PORT: "2",
      STARLING_CACHE: "2Mi",
    });
    expect(values).toMatchObject({ apiPort: 3, cache: 2 * 2 ** 20, grace: 60_000 });
    expect(sources).toMatchObject({ apiPort: "flag", cache: "environment", grace: "file", gossip: "default" });
  });

  it("reads JSON and lists, and the file's path from the environment", () => {
    const path = file('{"bootstrap": ["/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2"], "gossip": false, "apiPort": 7}');
    const { values } = load([], { STARLING_CONFIG: path });
    expect(values).toMatchObject({
      bootstrap: ["/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2"],
      gossip: false,
      apiPort: 7,
    });
  });

  it("takes booleans with and without no-", () => {
    expect(load(["--no-gossip"]).values.gossip).toBe(false);
    expect(load(["--gossip"], { STARLING_GOSSIP: "false" }).values.gossip).toBe(true);
  });

  it("names the nearest option for one that does not exist", () => {
    expect(problems(["--api-prot", "1"])).toEqual([
      "--api-prot is not an option. Did you mean --api-port?",
      '"1" is not expected here. Options begin with --',
    ]);
    expect(problems(["--zebra-crossing=3"])).toEqual(["--zebra-crossing is not an option. See --help"]);
    expect(problems(["--config", file("apiport: 3")])[0]).toMatch(
      /"apiport" in .* is not an option\. Did you mean apiPort\?$/,
    );
  });

  it("tells a command line that can't be understood from a wrong value", () => {
    const exitOf = (args: readonly string[]): number => {
      try {
        load(args);
      } catch (error) {
        if (error instanceof ConfigError) return error.exit;
      }
      return 0;
    };
    expect(exitOf(["--api-prot", "1"])).toBe(64);
    expect(exitOf(["--api-port", "70000"])).toBe(78);
    expect(exitOf(["--api-port", "7"])).toBe(0);
  });

  it("reports every mistake at once", () => {
    expect(problems(["--api-port=70000", "--cache=64"], { STARLING_GRACE: "soon", STARLING_NETWORK: "x" })).toEqual([
      "--api-port: it must be at most 65535",
      expect.stringContaining('--cache: "64" has no unit'),
      expect.stringContaining('STARLING_GRACE: "soon" is not a duration'),
    ]);
  });

  it("asks for what is required", () => {
    expect(() => loadConfig(table, { args: [], environment: {} })).toThrow(
      "--network is missing. Give it, or set STARLING_NETWORK",
    );
  });

  it("says what is wrong with a file", () => {
    expect(problems(["--config", "/nowhere.yaml"])[0]).toContain("cannot be read");
    expect(problems(["--config", file("- a\n- b\n")])[0]).toContain("must hold options by name");
    expect(problems(["--config", file("apiPort: {a: 1}")])[0]).toContain("must be a text, a number");
    expect(problems(["--config", file("a: &a [x]\nb: *a\n")])[0]).toContain("cannot be read");
  });

  it("never shows a secret, not even a wrong one", () => {
    const secret = { pin: { type: "integer", secret: true, help: "A pin." } } as const;
    expect(() => loadConfig(secret, { args: ["--pin=hunter2"], environment: {} })).toThrow(
      "--pin: the value is not valid",
    );
  });

  it("lets help and print through", () => {
    expect(load(["--print-config"]).asked).toBe("printConfig");
    expect(load(["--help", "--nonsense"]).asked).toBe("help");
  });
});

describe("what a person reads", () => {
  it("hides secrets and names sources", () => {
    const text = printConfig(table, load(["--api-token", "hunter2", "--api-port=5"]));
    expect(text).toContain("apiPort: 5 # flag\napiToken: (hidden) # flag\n");
    expect(text).toContain('network: "devnet" # flag');
    expect(text).not.toContain("hunter2");
    expect(printConfig(table, load([]))).toContain("# apiToken: not set");
  });

  it("prints constants with their reasons as comments, and as Markdown", () => {
    const constants = { waitMs: { value: 90_000, why: "So that a|b." }, most: { value: 5n, why: "Because." } };
    expect(printPolicy(constants, { values: { most: 7 }, heading: "numbers" })).toBe(
      "\n# numbers:\n# waitMs: 1m 30s # So that a|b.\n# most: 7 # Because.\n",
    );
    expect(policyMarkdown(constants)).toContain("| `waitMs` | 1m 30s | So that a\\|b. |\n| `most` | 5 | Because. |\n");
  });

  it("lists every option in the help and in Markdown", () => {
    expect(optionsHelp(table)).toContain("  --network devnet|testnet  Which network.\n");
    expect(optionsMarkdown(table)).toContain(
      "| `--api-port` | `STARLING_API_PORT` | integer | `4100` | Port of the API. |\n",
    );
    expect(optionsMarkdown(table)).toContain(
      "| `--network` | `STARLING_NETWORK` | `devnet`, `testnet` | required | Which network. |\n",
    );
  });
});
