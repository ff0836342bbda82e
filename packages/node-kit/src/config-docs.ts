// What a person reads about options, made from the same table: the help, the printed configuration, the reference page.
import { formatDuration } from "@starling/protocol";
import { environmentName, flagName, type LoadedConfig, type OptionTable } from "./config.ts";

/** The values in force with their sources, as YAML that could be used as a file; secrets are hidden. */
export function printConfig(table: OptionTable, loaded: LoadedConfig<OptionTable>): string {
  const lines: string[] = [];
  for (const [name, spec] of Object.entries(table)) {
    const value = loaded.values[name];
    if (value === undefined) lines.push(`# ${name}: not set`);
    else
      lines.push(
        `${name}: ${spec.secret === true ? "(hidden)" : JSON.stringify(value)} # ${loaded.sources[name] ?? "default"}`,
      );
  }
  return `${lines.join("\n")}\n`;
}

/** The options as aligned text for `--help`. */
export function optionsHelp(table: OptionTable): string {
  const rows = [
    ...Object.entries(table).map(([name, spec]) => ({
      left:
        spec.type === "boolean"
          ? flagName(name).replace("--", "--[no-]")
          : `${flagName(name)} ${spec.choices?.join("|") ?? spec.type.toUpperCase()}`,
      right: `${spec.help}${spec.default === undefined || spec.default === "" ? "" : ` (default ${spec.default})`}`,
    })),
    { left: "--config PATH", right: "Read options from this YAML or JSON file." },
    { left: "--print-config", right: "Print the options in force, without secrets, and exit." },
    { left: "--help", right: "Print this and exit." },
  ];
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}

/** The options as a Markdown table for the reference page. */
export function optionsMarkdown(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, spec]) => {
    const type = spec.choices === undefined ? spec.type : spec.choices.map((choice) => `\`${choice}\``).join(", ");
    const fallback = spec.default === undefined ? (spec.required === true ? "required" : "") : `\`${spec.default}\``;
    return [`\`${flagName(name)}\``, `\`${environmentName(name)}\``, type, fallback, spec.help];
  });
  const lines = [["Option", "Environment", "Type", "Default", "Meaning"], ["---", "---", "---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`).join("");
}

/** Constants that no option changes, by name: the value, and why it is that one. Names that end in `Ms` are durations. */
export type PolicyTable = Readonly<Record<string, { readonly value: number | bigint; readonly why: string }>>;

/** What stands above printed constants, and values in force where an option does change one. */
export interface PrintedPolicy {
  readonly heading?: string;
  readonly values?: Readonly<Record<string, number | bigint>>;
}

/** Constants below the printed options, as comments. */
export function printPolicy(
  table: PolicyTable,
  { heading = "Constants, each with its reason; they are no options", values = {} }: PrintedPolicy = {},
): string {
  const lines = Object.entries(table).map(
    ([name, { value, why }]) => `# ${name}: ${constantText(name, values[name] ?? value)} # ${why}\n`,
  );
  return `\n# ${heading}:\n${lines.join("")}`;
}

/** The constants as a Markdown table for the reference page. */
export function policyMarkdown(table: PolicyTable): string {
  const rows = Object.entries(table).map(([name, { value, why }]) => [`\`${name}\``, constantText(name, value), why]);
  const lines = [["Constant", "Value", "Why"], ["---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`).join("");
}

function constantText(name: string, value: number | bigint): string {
  return typeof value === "number" && name.endsWith("Ms") ? formatDuration(value) : String(value);
}
