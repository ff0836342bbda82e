// Who is who on a devnet: accounts of the public development mnemonic by role.
import { fromHex } from "@starling/protocol";
import { HDNodeWallet, Mnemonic } from "ethers";
import { devnetMnemonic } from "./anvil.ts";
import { type Wallet, walletOf } from "./wallet.ts";

/** The accounts of a devnet. Worker 1 belongs to operator 1, and so on; the referee belongs to the payer. */
export interface DevnetAccounts {
  /** Deploys the contracts and rules the access manager. */
  readonly deployer: Wallet;
  readonly coordinator: Wallet;
  readonly payer: Wallet;
  /** Hot key of the payer's own worker, whose operator is the payer. */
  readonly referee: Wallet;
  /** Cold keys. */
  readonly operators: readonly Wallet[];
  /** Hot keys. */
  readonly workers: readonly Wallet[];
}

/** Index of each role under m/44'/60'/0'/0. */
const places = { coordinator: 0, payer: 1, deployer: 9, operator: 10, referee: 39, worker: 40 };
/** Operators' places end where the referee's begins. */
const workersMax = places.referee - places.operator;

/** Secret bytes of one account of the mnemonic. */
export function devnetKey(index: number, mnemonic: string = devnetMnemonic): Uint8Array {
  const node = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), `m/44'/60'/0'/0/${index}`);
  return fromHex(node.privateKey as `0x${string}`);
}

/** Indices of the roles, for whoever writes key files. `i` counts from 0. */
export function devnetPlace(role: keyof typeof places, i = 0): number {
  return places[role] + i;
}

/** All accounts of a devnet with so many workers (at most 29). */
export function devnetAccounts(workerCount: number, mnemonic: string = devnetMnemonic): DevnetAccounts {
  if (workerCount > workersMax) throw new RangeError(`a devnet has at most ${workersMax} workers, not ${workerCount}`);
  // Deriving from the parent once spares the slow way from phrase to seed for each account.
  const parent = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(mnemonic), "m/44'/60'/0'/0");
  const wallet = (index: number): Wallet => walletOf(fromHex(parent.deriveChild(index).privateKey as `0x${string}`));
  const many = (first: number): readonly Wallet[] => Array.from({ length: workerCount }, (_, i) => wallet(first + i));
  return {
    deployer: wallet(places.deployer),
    coordinator: wallet(places.coordinator),
    payer: wallet(places.payer),
    referee: wallet(places.referee),
    operators: many(places.operator),
    workers: many(places.worker),
  };
}
