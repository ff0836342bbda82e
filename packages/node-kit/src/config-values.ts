// The types of options: how text becomes a value, and what is said when it does not.
import { type Parsed, parseDuration, parsed, parseSize, unparsed } from "@starling/protocol";

/** What an option's text becomes. */
export interface OptionValues {
  readonly string: string;
  /** A path; `~/` stands for the home directory. */
  readonly path: string;
  readonly integer: number;
  readonly boolean: boolean;
  /** Texts with commas between them. */
  readonly list: readonly string[];
  /** "64Mi", in bytes. */
  readonly size: number;
  /** "10m", in milliseconds. */
  readonly duration: number;
  /** One of the option's choices. */
  readonly choice: string;
}

/** One option. Its name is the key in the table: `dataDir` is `--data-dir`, `STARLING_DATA_DIR`, and `dataDir` in a file. */
export interface OptionSpec {
  readonly type: keyof OptionValues;
  /** One sentence for the help and the reference page. */
  readonly help: string;
  /** As text, as a person would write it. Without one the value may be undefined. */
  readonly default?: string;
  /** Refuses to start without a value. */
  readonly required?: boolean;
  /** What is said beside that it is missing, as a sentence without its full stop. */
  readonly absent?: string;
  /** Never printed. */
  readonly secret?: boolean;
  readonly choices?: readonly string[];
  /** Bounds of integers, sizes and durations. */
  readonly min?: number;
  readonly max?: number;
}

/** The value of a text; the problem is a sentence without the option's name. */
export function parseOption(spec: OptionSpec, text: string, home: string): Parsed<OptionValues[keyof OptionValues]> {
  switch (spec.type) {
    case "string":
      return parsed(text);
    case "path":
      return parsed(text.startsWith("~/") ? `${home}${text.slice(1)}` : text);
    case "list":
      return parsed(
        text
          .split(",")
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      );
    case "boolean":
      if (text === "true" || text === "1" || text === "yes") return parsed(true);
      return text === "false" || text === "0" || text === "no"
        ? parsed(false)
        : unparsed(`"${text}" is neither true nor false`);
    case "choice":
      return spec.choices?.includes(text) === true
        ? parsed(text)
        : unparsed(`"${text}" is none of ${spec.choices?.join(", ")}`);
    case "integer":
      return /^-?\d{1,15}$/.test(text) ? bounded(spec, Number(text)) : unparsed(`"${text}" is not a whole number`);
    case "size":
      return boundedIfParsed(spec, parseSize(text));
    case "duration":
      return boundedIfParsed(spec, parseDuration(text));
  }
}

function boundedIfParsed(spec: OptionSpec, value: Parsed<number>): Parsed<number> {
  return value.ok ? bounded(spec, value.value) : value;
}

function bounded(spec: OptionSpec, value: number): Parsed<number> {
  if (spec.min !== undefined && value < spec.min) return unparsed(`it must be at least ${spec.min}`);
  if (spec.max !== undefined && value > spec.max) return unparsed(`it must be at most ${spec.max}`);
  return parsed(value);
}
