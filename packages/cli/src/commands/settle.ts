// `starling settle`: the books of an escrow, and the way to get the rest of it back.
import type { GetLedgerResponse } from "@starling/protocol/rpc";
import { resolveJobId } from "@starling/sdk";
import type { Command } from "commander";
import { formatOne, table } from "../output/format.ts";
import { money } from "../output/words.ts";
import { type Action, command } from "./command.ts";
import { addAuditCommand } from "./settle-audit.ts";

export function addSettleCommands(program: Command): void {
  const settle = program.command("settle").description("Look at the money");
  command(settle, "status", { description: "Show the books of a job's escrow", run: status }).requiredOption(
    "--job <id>",
    "the job",
  );
  command(settle, "close", {
    description: "Close a job's escrow: pay what is owed, refund the rest",
    run: close,
  }).requiredOption("--job <id>", "a job that the escrow paid for");
  addAuditCommand(settle);
}

const status: Action = async (context, _args, options) => {
  const ledger = await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, String(options.job));
    return await client.ledger.getLedger({ of: { $case: "jobId", value: jobId } });
  });
  context.print(
    context.isForPeople ? ledgerText(ledger) : formatOne(ledger, { lines: [], name: ledger.escrowId }, context.format),
  );
};

const close: Action = async (context, _args, options) => {
  const answer = await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, String(options.job));
    const { escrowId } = await client.ledger.getLedger({ of: { $case: "jobId", value: jobId } });
    const { state } = await client.ledger.closeEscrow({ escrowId });
    return { escrowId, state };
  });
  if (answer.state !== "closed")
    context.say(
      `workers get what they are owed, the rest goes back to the payer; \`starling settle status --job ${options.job}\` says when it is closed`,
    );
  context.print(
    formatOne(
      answer,
      {
        lines: [
          ["escrow", answer.escrowId],
          ["state", answer.state],
        ],
        name: answer.escrowId,
      },
      context.format,
    ),
  );
};

// What was compared with a chain that does not answer any more says nothing of today.
function booksRows(ledger: GetLedgerResponse): [string, string][] {
  const { balanced, blockNumber, chainSilentSinceMs, chainless } = ledger;
  if (chainless)
    return [
      [
        "books:",
        `${balanced ? "balance" : "do NOT balance"}; this network has no chain, so that they are all there is`,
      ],
    ];
  const word = balanced ? "equal" : "differ from";
  if (chainSilentSinceMs === undefined) return [["books:", `${word} the chain at block ${blockNumber}`]];
  const since = new Date(Number(chainSilentSinceMs)).toISOString();
  return [["chain:", `not reachable since ${since}; the books are those of block ${blockNumber}`]];
}

function chainRows(ledger: GetLedgerResponse): [string, string][] {
  return [
    ["deposited:", money(ledger.deposited)],
    ["allotted:", money(ledger.allotted)],
    ["owed:", money(ledger.owed)],
    ["paid:", money(ledger.paid)],
    ["refunded:", money(ledger.refunded)],
    ["gas:", ledger.gasUsed],
  ];
}

// Without a chain nothing is deposited: orders say how much may be owed, and an account is settled by its owner.
function fleetRows(ledger: GetLedgerResponse): [string, string][] {
  return [
    ["ordered:", `at most ${money(ledger.deposited)}`],
    ["owed:", money(ledger.owed)],
    ["settled:", money(ledger.paid)],
  ];
}

/** The books for people. */
function ledgerText(ledger: GetLedgerResponse): string {
  const totals = table([
    ["escrow:", `${ledger.escrowId}, of all jobs that it pays for`],
    ["state:", ledger.state],
    ...(ledger.chainless ? fleetRows(ledger) : chainRows(ledger)),
    ...booksRows(ledger),
  ]);
  const workers = ledger.workers.map((worker) => [
    worker.worker,
    money(worker.earned),
    money(worker.paid),
    String(worker.accepted),
    String(worker.rejected),
  ]);
  const transactions = ledger.transactions.map((one) => [
    one.kind,
    one.state,
    one.blockNumber === 0n ? "" : String(one.blockNumber),
    one.gasUsed,
    one.hash,
    one.reason,
  ]);
  const fines = ledger.fines.length === 0 ? "" : `${finesText(ledger)}\n`;
  const perWorker = table([["WORKER", "EARNED HERE", "PAID HERE", "ACCEPTED EVER", "WRONG EVER"], ...workers]);
  if (ledger.chainless) return `${totals}\n${perWorker}`;
  return `${totals}\n${perWorker}\n${fines}${table([["TRANSACTION", "STATE", "BLOCK", "GAS", "HASH", ""], ...transactions])}`;
}

/** Fines with what became of each, or what it waits for. */
function finesText({ fines }: GetLedgerResponse): string {
  const rows = fines.map(({ worker, amount, state, taken, message, untilMs }) => {
    const until = untilMs === undefined ? "" : `, until ${new Date(Number(untilMs)).toISOString()}`;
    return [worker, money(amount), state, money(taken), `${message}${until}`];
  });
  return table([["FINED WORKER", "FINE", "STATE", "TAKEN", "WHY, OR WAITING FOR"], ...rows]);
}
