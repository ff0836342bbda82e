// The commands of a package's program with their options, read from the program itself.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What is read of a command; Commander's own class has it. */
interface CommandLike {
  name(): string;
  usage(): string;
  description(): string;
  readonly commands: readonly CommandLike[];
  readonly options: readonly {
    readonly flags: string;
    readonly description: string;
    readonly defaultValue?: unknown;
  }[];
}

/** A table of all verbs, and one of the options that are not common to all of them. */
export async function commandTable(folder: string): Promise<string> {
  const module: Readonly<Record<string, () => CommandLike>> = await import(
    pathToFileURL(join(folder, "src/program.ts")).href
  );
  const [make] = Object.values(module);
  if (make === undefined) throw new Error(`${folder}/src/program.ts exports no program`);
  const program = make();
  const verbs = leaves(program, program.name());
  const common = commonFlags(verbs.map(({ command }) => command));
  const rows = verbs.map(({ path, command }) => {
    const own = command.options.filter(({ flags }) => !common.has(flags)).map(({ flags }) => `\`${flags}\``);
    const usage = command
      .usage()
      .replace(/^\[options\] ?/, "")
      .replace(/\[command\]$/, "");
    return row([`\`${`${path} ${usage}`.trim()}\``, command.description(), own.join(", ")]);
  });
  const shared = verbs[0]?.command.options.filter(({ flags }) => common.has(flags)) ?? [];
  const options = shared.map((option) =>
    row([`\`${option.flags}\``, option.description + fallback(option.defaultValue)]),
  );
  const first = ["| Command | What it does | Own options |", "|---|---|---|", ...rows];
  return [...first, "", "| Option of every verb that has any | Meaning |", "|---|---|", ...options].join("\n");
}

function leaves(command: CommandLike, path: string): readonly { path: string; command: CommandLike }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`));
}

/** Flags of every command that has any: programs that only pass arguments on have none. */
function commonFlags(commands: readonly CommandLike[]): ReadonlySet<string> {
  const lists = commands.map(({ options }) => options.map(({ flags }) => flags)).filter((list) => list.length > 0);
  return new Set(lists[0]?.filter((flags) => lists.every((list) => list.includes(flags))) ?? []);
}

function fallback(value: unknown): string {
  return value === undefined ? "" : ` (default ${String(value)})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
