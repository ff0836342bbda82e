// The arrows between packages, as rules. Everything that is not allowed here is a violation.
// Trap: without TypeScript this tool skips every .ts file and reports success, so test/tidy counts the cruised modules.

const PACKAGES = "^packages/";
const PURE_TREES =
  "^packages/(kernel|protocol|settlement|simulator)/src/|^packages/(coordinator|worker-node)/src/core/";
const SIMULATOR_SHELL = "^packages/simulator/src/(main\\.ts$|bin/)";

/** A regular expression for modules of npm packages with these names (`@scope/` stands for a whole scope). */
function npm(...names) {
  return `node_modules/(${names.map((name) => (name.endsWith("/") ? name : `${name}/`)).join("|")})`;
}

/** Files under `from` may import only files that match one of `to`. */
function only(name, { comment, from, except, to }) {
  const source = except === undefined ? { path: from } : { path: from, pathNot: except };
  return { name, comment, severity: "error", from: source, to: { pathNot: to } };
}

/** A vendor's modules may be imported only from these folders. */
function vendor(name, packages, folders) {
  return {
    name: `vendor-${name}`,
    comment: `${name} is imported in one place, since its majors change and our code should not.`,
    severity: "error",
    from: { path: `${PACKAGES}[^/]+/src/`, pathNot: folders },
    to: { path: npm(...packages) },
  };
}

const NODE = ["^node:", "^[a-z_/]+$"];
const BASE = "^packages/(protocol|kernel)/src/";
const PURE_BASE = "^packages/(settlement|protocol|kernel)/src/";

const arrows = [
  only("kernel", {
    comment: "kernel imports nothing",
    from: "^packages/kernel/src/",
    to: ["^packages/kernel/src/"],
  }),
  only("protocol", {
    comment: "protocol imports kernel, schemas and pure cryptography",
    from: "^packages/protocol/src/",
    to: [BASE, npm("zod", "yaml", "@noble/", "@bufbuild/protobuf")],
  }),
  only("settlement", {
    comment: "settlement imports protocol and kernel",
    from: "^packages/settlement/src/",
    to: [PURE_BASE],
  }),
  only("core", {
    comment: "a core imports itself, settlement, protocol and kernel",
    from: "^packages/(coordinator|worker-node)/src/core/",
    to: ["^packages/$1/src/core/", PURE_BASE],
  }),
  only("shell", {
    comment: "a shell imports its own package, node-kit and what lies below; vendors come through node-kit",
    from: "^packages/(coordinator|worker-node)/src/",
    except: "^packages/[^/]+/src/core/",
    to: ["^packages/$1/src/", PURE_BASE, "^packages/node-kit/src/", ...NODE],
  }),
  only("node-kit", {
    comment: "node-kit imports protocol, kernel and vendors, never a daemon",
    from: "^packages/node-kit/src/",
    to: [BASE, "^packages/node-kit/src/", "node_modules/", ...NODE],
  }),
  only("simulator", {
    comment: "the simulator imports the two cores and what lies below; only its command line may touch Node",
    from: "^packages/simulator/src/",
    except: SIMULATOR_SHELL,
    to: ["^packages/simulator/src/", "^packages/(coordinator|worker-node)/src/core/index\\.ts$", PURE_BASE],
  }),
  only("sdk", {
    comment: "the sdk imports protocol, kernel and gRPC",
    from: "^packages/sdk/src/",
    to: [BASE, "^packages/sdk/src/", npm("@grpc/"), ...NODE],
  }),
  only("cli", {
    comment: "the command line imports the sdk; it starts daemons through their bins, never by import",
    from: "^packages/cli/src/",
    to: [BASE, "^packages/(cli|sdk)/src/", npm("commander", "yaml"), ...NODE],
  }),
  only("owner", {
    comment: "the owner's program imports node-kit for the chain and the sdk for keys, never a daemon",
    from: "^packages/owner/src/",
    to: [BASE, "^packages/(owner|sdk|node-kit)/src/", npm("commander"), ...NODE],
  }),
];

const vendors = [
  vendor(
    "libp2p",
    ["libp2p", "@libp2p/", "@multiformats/", "multiformats", "uint8arraylist"],
    ["^packages/node-kit/src/libp2p/"],
  ),
  vendor("ethers", ["ethers", "abitype"], ["^packages/node-kit/src/(chain|signing)/"]),
  vendor("secp256k1", ["secp256k1"], ["^packages/node-kit/src/(chain|signing)/"]),
  vendor("grpc", ["@grpc/"], ["^packages/node-kit/src/grpc/", "^packages/sdk/src/"]),
  vendor("docker", ["dockerode"], ["^packages/node-kit/src/docker/"]),
  vendor("level", ["classic-level"], ["^packages/node-kit/src/journal/"]),
];

const general = [
  {
    name: "no-cycle",
    comment: "no cycle of imports",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "no-node-in-pure-code",
    comment: "pure code touches no Node module",
    severity: "error",
    from: { path: PURE_TREES, pathNot: SIMULATOR_SHELL },
    to: { dependencyTypes: ["core"] },
  },
  {
    name: "no-foreign-source",
    comment: "another package is imported by its name, so that its exports decide what is public",
    severity: "error",
    from: { path: "^packages/([^/]+)/" },
    to: { path: "^packages/(?!$1/)[^/]+/", dependencyTypes: ["local"] },
  },
  {
    name: "no-core-from-outside",
    comment: "a shell uses its core through core/index.ts",
    severity: "error",
    from: { path: "^packages/(coordinator|worker-node)/src/(?!core/)" },
    to: { path: "^packages/$1/src/core/", pathNot: "/core/index\\.ts$" },
  },
  {
    name: "resolvable",
    comment: "every import can be resolved",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-undeclared",
    comment: "every npm package is declared by the package that imports it",
    severity: "error",
    from: { path: "^packages/[^/]+/src/" },
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"], pathNot: "node_modules/@types/" },
  },
  {
    name: "no-test-from-source",
    comment: "source never imports tests",
    severity: "error",
    from: { path: "/src/" },
    to: { path: "^test/|^packages/[^/]+/test/|\\.test\\.ts$" },
  },
];

export default {
  forbidden: [...arrows, ...vendors, ...general],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.tools.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".d.ts"],
    },
    moduleSystems: ["es6"],
  },
};
