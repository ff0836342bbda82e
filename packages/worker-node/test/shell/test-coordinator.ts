// The least of a coordinator: a real node that greets workers and signs what a test wants to say.
import {
  type CheckedMessage,
  createSealer,
  type FrameStream,
  type Network,
  type Sealer,
  sealFrame,
  sealGreeting,
  systemClock,
  threadCodecUrl,
  type Wallet,
} from "@starling/node-kit";
import {
  type CommitSetItem,
  type CoordinatorMessage,
  commitSetLeaf,
  encodeCoordinatorMessage,
  type LeaseItem,
  leaseLeaf,
  protocolVersion,
  type TicketItem,
  type TicketTerms,
  ticketLeaf,
  type VerdictItem,
  verdictLeaf,
  voucherDigest,
  type WorkerMessage,
  workProtocol,
} from "@starling/protocol";
import { domain, Events, networkId, newWallet, openTestNode } from "./support.ts";

/** One stream of a worker. */
export class TestSession {
  readonly stream: FrameStream;
  readonly messages = new Events<WorkerMessage>();
  readonly closed: Promise<string>;
  readonly #sealer: Sealer;
  #sent = 0;

  constructor(stream: FrameStream, sealer: Sealer) {
    this.stream = stream;
    this.#sealer = sealer;
    this.closed = new Promise((resolve) => stream.onClose((reason) => resolve(reason?.message ?? "")));
    stream.onFrame((_frame, decoded) => {
      const { message } = decoded as CheckedMessage<WorkerMessage>;
      if (message !== null) this.messages.push(message);
    });
  }

  /** The next message of a type; others before it are dropped. */
  async next<T extends WorkerMessage["type"]>(type: T): Promise<Extract<WorkerMessage, { type: T }>> {
    return await this.messages.nextOf(
      (message): message is Extract<WorkerMessage, { type: T }> => message.type === type,
    );
  }

  async send(message: CoordinatorMessage): Promise<void> {
    this.#sent += 1;
    await this.stream.send(encodeCoordinatorMessage(message, this.#sent));
  }

  async leases(items: readonly LeaseItem[]): Promise<void> {
    await this.send({ type: "leases", items, signed: sealFrame(this.#sealer, "lease", items.map(leaseLeaf)) });
  }

  async commitSets(items: readonly CommitSetItem[]): Promise<void> {
    const signed = sealFrame(this.#sealer, "commitSet", items.map(commitSetLeaf));
    await this.send({ type: "commitSets", items, signed });
  }

  async verdicts(items: readonly VerdictItem[]): Promise<void> {
    await this.send({ type: "verdicts", items, signed: sealFrame(this.#sealer, "verdict", items.map(verdictLeaf)) });
  }

  async tickets(terms: TicketTerms, items: readonly TicketItem[]): Promise<void> {
    const leaves = items.map((item) => ticketLeaf(terms, item));
    await this.send({ type: "tickets", terms, items, signed: sealFrame(this.#sealer, "ticket", leaves) });
  }

  async voucher(voucher: { escrowId: `0x${string}`; worker: `0x${string}`; cumulative: bigint }): Promise<void> {
    const { escrowId, cumulative } = voucher;
    const signature = this.#sealer.sign(voucherDigest(domain, voucher));
    await this.send({ type: "voucher", escrowId, cumulative, signature });
  }
}

/** How a coordinator greets. */
interface Manner {
  /** False leaves the greeting to the test. */
  readonly greets: boolean;
  /** Greets with somebody else's account. */
  readonly claims?: Wallet;
}

/** A node that takes work streams; close its network after use. */
export class TestCoordinator {
  readonly wallet: Wallet;
  readonly network: Network;
  sessions = new Events<TestSession>();
  #manner: Manner = { greets: true };

  private constructor(wallet: Wallet, network: Network) {
    this.wallet = wallet;
    this.network = network;
  }

  static async open(): Promise<TestCoordinator> {
    const wallet = newWallet();
    const settings = { domain, networkId, role: "coordinator", account: wallet.address } as const;
    const network = await openTestNode({ role: "hub", codecModule: threadCodecUrl(settings) });
    const coordinator = new TestCoordinator(wallet, network);
    const sealer = createSealer({ domain, sign: wallet.sign, epoch: 1 });
    await network.handle(workProtocol, (stream) => {
      const session = new TestSession(stream, sealer);
      const { greets, claims } = coordinator.#manner;
      const greeted = greets ? session.send(coordinator.greeting(claims)) : Promise.resolve();
      // A worker that does not like the greeting hangs up.
      void greeted.catch(() => undefined).then(() => coordinator.sessions.push(session));
    });
    return coordinator;
  }

  /** Forgets the streams of earlier tests, and greets in this manner from now on. */
  begin(manner: Partial<Manner> = {}): void {
    this.#manner = { greets: true, ...manner };
    this.sessions = new Events();
  }

  greeting(as: Wallet = this.wallet): Extract<CoordinatorMessage, { type: "hello" }> {
    const sealer = createSealer({ domain, sign: as.sign, epoch: 1 });
    const said = { networkId, coordinator: as.address, epoch: 1 };
    const binding = sealGreeting(sealer, said, { peerId: this.network.peerId, now: systemClock.wallMs() });
    return { type: "hello", ...said, protocolVersion, beatEveryMs: 60_000, binding };
  }

  /** Where workers find it; with the account that the network file would name. */
  target(source: "bootstrap" | "offer" | "dht" = "bootstrap") {
    const { peerId } = this.network;
    return { peerId, addresses: this.network.addresses(), coordinator: this.wallet.address, source } as const;
  }
}
