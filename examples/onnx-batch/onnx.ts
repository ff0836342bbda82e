// Encodes a small network as an ONNX model, field by field as its schema numbers them.

/** Units of the input, the hidden and the output layer. */
export const LAYERS = [64, 32, 10] as const;

/** Weights by layer: those of one unit side by side, then all biases. */
export interface Weights {
  readonly first: Float32Array;
  readonly firstBias: Float32Array;
  readonly second: Float32Array;
  readonly secondBias: Float32Array;
}

/** Two layers and a softmax; the number of rows is open. */
export function encodeModel({ first, firstBias, second, secondBias }: Weights): Uint8Array {
  const [inputs, hidden, outputs] = LAYERS;
  const graph = [
    message(1, node("Gemm", ["pixels", "first", "firstBias"], "sums")),
    message(1, node("Relu", ["sums"], "hidden")),
    message(1, node("Gemm", ["hidden", "second", "secondBias"], "scores")),
    message(1, node("Softmax", ["scores"], "probabilities")),
    text(2, "digits"),
    message(5, tensor("first", [hidden, inputs], first)),
    message(5, tensor("firstBias", [hidden], firstBias)),
    message(5, tensor("second", [outputs, hidden], second)),
    message(5, tensor("secondBias", [outputs], secondBias)),
    message(11, valueInfo("pixels", inputs)),
    message(12, valueInfo("probabilities", outputs)),
  ];
  const opset = [text(1, ""), number(2, 13)];
  return Buffer.concat([number(1, 8), text(2, "starling"), message(7, graph), message(8, opset)]);
}

type Fields = readonly Uint8Array[];

function node(operator: string, inputs: readonly string[], output: string): Fields {
  // A unit's weights are a row, so the matrix is transposed.
  const transposed = [text(1, "transB"), number(3, 1), number(20, 2)];
  const attributes = operator === "Gemm" ? [message(5, transposed)] : [];
  return [...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, operator), ...attributes];
}

function tensor(name: string, shape: readonly number[], values: Float32Array): Fields {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((size) => number(1, size)), number(2, 1), text(8, name), field(9, bytes)];
}

function valueInfo(name: string, columns: number): Fields {
  const shape = [message(1, [text(2, "rows")]), message(1, [number(1, columns)])];
  return [text(1, name), message(2, [message(1, [number(1, 1), message(2, shape)])])];
}

// The wire format of protocol buffers: a key of field and kind, then a number, or a length and as many bytes.
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) + 128);
    if (rest < 128) return Uint8Array.from(bytes);
  }
}

function number(key: number, value: number): Uint8Array {
  return Buffer.concat([varint(8 * key), varint(value)]);
}

function field(key: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint(8 * key + 2), varint(bytes.length), bytes]);
}

function text(key: number, value: string): Uint8Array {
  return field(key, new TextEncoder().encode(value));
}

function message(key: number, fields: Fields): Uint8Array {
  return field(key, Buffer.concat(fields));
}
