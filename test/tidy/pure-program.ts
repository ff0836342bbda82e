// Compiles a probe inside the program of a package, to see which ambient names its code could use.
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "./repository.ts";

/** What the compiler says about a probe. */
export interface Verdict {
  /** Messages of errors in the probe. */
  readonly errors: readonly string[];
  /** Type files in the program that declare ambient effects. */
  readonly leaks: readonly string[];
}

// Any of these in a program brings back timers, process and fetch for every file of it.
const AMBIENT = /node_modules\/(@types\/node|undici-types|bun-types|typescript\/lib\/lib\.(dom|webworker))/;

/** Compiles `source` as if it stood in the project's folder, together with all files of the project. */
export function probe(project: string, source: string): Verdict {
  const config = join(root, project);
  const parsed = ts.getParsedCommandLineOfConfigFile(config, {}, parseHost());
  if (parsed === undefined) throw new Error(`cannot read ${project}`);
  // Without references the packages below are read as source: nothing has to be built first.
  const { composite: _composite, tsBuildInfoFile: _info, ...rest } = parsed.options;
  const options: ts.CompilerOptions = { ...rest, composite: false, incremental: false, noEmit: true };
  delete options.emitDeclarationOnly;
  const path = join(dirname(config), "canary-probe.ts");
  const host = hostWith(options, path, source);
  const program = ts.createProgram([...parsed.fileNames, path], options, host);
  const file = program.getSourceFile(path);
  const errors = program
    .getSemanticDiagnostics(file)
    .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, " "));
  const names = program.getSourceFiles().map((each) => each.fileName);
  return { errors, leaks: names.filter((name) => AMBIENT.test(name)) };
}

function parseHost(): ts.ParseConfigFileHost {
  return {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, " "));
    },
  };
}

function hostWith(options: ts.CompilerOptions, path: string, source: string): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  return {
    ...host,
    fileExists: (name) => name === path || fileExists(name),
    readFile: (name) => (name === path ? source : readFile(name)),
    getSourceFile: (name, ...more) =>
      name === path ? ts.createSourceFile(name, source, more[0], true) : getSourceFile(name, ...more),
  };
}
