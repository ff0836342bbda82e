// The server's side of a WebSocket, as far as a JSON-RPC client needs it: text both ways, ping, close, and the power to cut.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** RFC 6455 section 1.3. */
const handshakeText = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const opcode = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;
const final = 0x80;
/** A client of ours says less in one message. */
const messageBytesMax = 16 * 2 ** 20;

/** One accepted connection. */
export class TextSocket {
  readonly #socket: Duplex;
  readonly #onText: (text: string) => void;
  #unread = Buffer.alloc(0);
  #parts: Buffer[] = [];

  constructor(socket: Duplex, onText: (text: string) => void) {
    this.#socket = socket;
    this.#onText = onText;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    // Whoever cut the connection knows it already.
    socket.on("error", () => undefined);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Settles when the connection is gone. */
  get closed(): Promise<void> {
    return new Promise((resolve) => (this.#socket.closed ? resolve() : this.#socket.once("close", () => resolve())));
  }

  /** Says nothing to a connection that is gone. */
  send(text: string): void {
    this.#write(opcode.text, Buffer.from(text, "utf8"));
  }

  /** Ends the connection without a word, as a broken line does. */
  cut(): void {
    this.#socket.destroy();
  }

  #write(kind: number, payload: Buffer): void {
    if (this.#socket.writable) this.#socket.write(Buffer.concat([headerOf(kind, payload.length), payload]));
  }

  #take(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let frame = frameIn(this.#unread); frame !== null; frame = frameIn(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.bytes);
      this.#frame(frame);
    }
    if (this.#unread.length > messageBytesMax) this.cut();
  }

  #frame({ kind, isLast, payload }: Frame): void {
    if (kind === opcode.ping) this.#write(opcode.pong, payload);
    if (kind === opcode.close) {
      this.#write(opcode.close, payload);
      this.#socket.end();
    }
    if (kind !== opcode.text && kind !== opcode.continuation) return;
    this.#parts.push(payload);
    if (!isLast) return;
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#onText(text);
  }
}

/** Answers an upgrade request; from then on the socket speaks WebSocket. */
export function acceptWebSocket(request: IncomingMessage, socket: Duplex, onText: (text: string) => void): TextSocket {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}${handshakeText}`).digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
  return new TextSocket(socket, onText);
}

interface Frame {
  readonly kind: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
  /** Length of the whole frame. */
  readonly bytes: number;
}

// RFC 6455 section 5.2; null while the frame is not whole. Everything from a client is masked.
function frameIn(buffer: Buffer): Frame | null {
  if (buffer.length < 2) return null;
  const first = buffer.readUInt8(0);
  const short = buffer.readUInt8(1) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (buffer.length < start) return null;
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
  if (buffer.length < start + length) return null;
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + length)).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return { kind: first & 0x0f, isLast: (first & final) !== 0, payload: Buffer.from(payload), bytes: start + length };
}

function headerOf(kind: number, length: number): Buffer {
  if (length < 126) return Buffer.from([final | kind, length]);
  if (length < 2 ** 16) {
    const header = Buffer.from([final | kind, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.alloc(10);
  header.writeUInt8(final | kind, 0);
  header.writeUInt8(127, 1);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
