// Contracts by their ABI with full types: names, arguments, results, events and errors are checked by the compiler.
import type { Address, Hex } from "@starling/protocol";
import type {
  Abi,
  AbiParameter,
  AbiParametersToPrimitiveTypes,
  AbiParameterToPrimitiveType,
  ExtractAbiEvent,
  ExtractAbiEventNames,
  ExtractAbiFunction,
  ExtractAbiFunctionNames,
} from "abitype";
import { Interface, type InterfaceAbi, type ParamType } from "ethers";

declare module "abitype" {
  interface Register {
    // ethers gives every integer as a bigint, and addresses in checksum case, which `TypedContract` lowers.
    intType: bigint;
    bigIntType: bigint;
    addressType: Address;
    bytesType: { inputs: Hex; outputs: Hex };
  }
}

type FunctionNames<A extends Abi> = ExtractAbiFunctionNames<A>;

/** The arguments of a function, in order. */
export type Args<A extends Abi, N extends FunctionNames<A>> =
  AbiParametersToPrimitiveTypes<ExtractAbiFunction<A, N>["inputs"], "inputs"> extends infer T extends readonly unknown[]
    ? T
    : never;

type Unwrapped<P extends readonly AbiParameter[]> = P extends readonly [infer One extends AbiParameter]
  ? AbiParameterToPrimitiveType<One, "outputs">
  : AbiParametersToPrimitiveTypes<P, "outputs">;

/** What a function gives: its one output, or all of them in order. */
export type Outs<A extends Abi, N extends FunctionNames<A>> = Unwrapped<ExtractAbiFunction<A, N>["outputs"]>;

type EventArgs<P extends readonly AbiParameter[]> = {
  readonly [One in P[number] as One extends { readonly name: infer N extends string }
    ? N
    : never]: AbiParameterToPrimitiveType<One, "outputs">;
};

/** A decoded log: the event's name and its arguments by name. */
export type EventOf<A extends Abi> = {
  [N in ExtractAbiEventNames<A>]: { readonly name: N; readonly args: EventArgs<ExtractAbiEvent<A, N>["inputs"]> };
}[ExtractAbiEventNames<A>];

/** Encodes and decodes for one contract; it sends nothing. All casts between ethers and our types are in here. */
export class TypedContract<const A extends Abi> {
  readonly address: Address;
  readonly #interface: Interface;

  constructor(address: Address, abi: A) {
    this.address = address;
    this.#interface = new Interface(abi as unknown as InterfaceAbi);
  }

  /** Call data. */
  encode<N extends FunctionNames<A>>(name: N, args: Args<A, N>): Hex {
    return this.#interface.encodeFunctionData(name, args) as Hex;
  }

  /** What a call gave. */
  decode<N extends FunctionNames<A>>(name: N, data: Hex): Outs<A, N> {
    const outputs = this.#interface.getFunction(name)?.outputs ?? [];
    const values = this.#interface.decodeFunctionResult(name, data);
    const plain = outputs.map((output, i) => plainValue(output, values[i]));
    return (plain.length === 1 ? plain[0] : plain) as Outs<A, N>;
  }

  /** A log as an event of this contract; null when it is none. */
  event(log: { readonly topics: readonly Hex[]; readonly data: Hex }): EventOf<A> | null {
    const parsed = this.#interface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed === null) return null;
    const entries = parsed.fragment.inputs.map((input, i) => [input.name, plainValue(input, parsed.args[i])]);
    return { name: parsed.name, args: Object.fromEntries(entries) } as EventOf<A>;
  }

  /** Revert data as text, `Name(argument, ...)`; null when the error is not of this contract. */
  errorText(data: Hex): string | null {
    if (data.length < 10) return null;
    const parsed = this.#interface.parseError(data);
    if (parsed === null) return null;
    const values = parsed.fragment.inputs.map((input, i) => textOf(plainValue(input, parsed.args[i])));
    return `${parsed.name}(${values.join(", ")})`;
  }
}

// ethers gives structs as array-like proxies; plain objects compare, clone and print.
function plainValue(type: ParamType, value: unknown): unknown {
  if (type.isTuple()) {
    const values = value as ArrayLike<unknown>;
    return Object.fromEntries(
      type.components.map((component, i) => [component.name, plainValue(component, values[i])]),
    );
  }
  if (type.isArray()) return Array.from(value as ArrayLike<unknown>, (item) => plainValue(type.arrayChildren, item));
  return type.baseType === "address" || type.baseType.startsWith("bytes") ? String(value).toLowerCase() : value;
}

function textOf(value: unknown): string {
  return typeof value === "object"
    ? JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? `${item}` : item))
    : String(value);
}
