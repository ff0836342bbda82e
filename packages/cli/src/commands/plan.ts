// `starling job plan`: what a job costs and holds against, before anything is spent; and the warnings that every submission gets.
import type { Address } from "@starling/protocol";
import { exitCode } from "@starling/protocol";
import { type PreparedJob, planJob, prepareJob, type StarlingClient, StarlingError, sizesFrom } from "@starling/sdk";
import type { Context } from "../context.ts";
import { formatOne } from "../output/format.ts";
import { planText } from "../output/plan.ts";
import type { Action } from "./command.ts";

/** Prints the plan; the exit code says whether the job could be placed now. */
export const plan: Action = async (context, _args, options) => {
  const report = await context.withClient(async (client) => {
    const prepared = await prepareJob(String(options.file), sizesFrom(client));
    const { address } = await context.payer();
    return await planJob(client, { prepared, payer: address });
  });
  context.print(
    context.isForPeople ? planText(report) : formatOne(report, { lines: [], name: report.name }, context.format),
  );
  const chosen = report.levels.find(({ isChosen }) => isChosen);
  const isPlaceable = chosen === undefined || chosen.operators.found >= chosen.terms.replicas;
  return isPlaceable ? exitCode.ok : exitCode.notPlaced;
};

/** Says on standard error what the payer should know before a submission spends anything. It never refuses: workers may come. */
export async function warnBefore(
  context: Context,
  client: StarlingClient,
  job: { readonly prepared: PreparedJob; readonly payer: Address },
): Promise<void> {
  try {
    const { warnings } = await planJob(client, job);
    for (const warning of warnings) context.say(`warning: ${warning}`);
  } catch (error) {
    // A coordinator that cannot plan can still take the job; whatever else is wrong the submission says better.
    if (!(error instanceof StarlingError)) throw error;
  }
}
