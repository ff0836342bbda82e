// Where things of a devnet lie on disk, and which loopback address each daemon has.
import { join } from "node:path";

/** Longest list of workers: each has a subnet and an operator of its own. */
export const workersMax = 29;

/** Paths of one devnet. */
export interface Places {
  /** Settings of the command line, and all that follows. */
  readonly home: string;
  readonly folder: string;
  readonly clientFile: string;
  readonly networkFile: string;
  readonly stateFile: string;
  readonly payerKeyFile: string;
  readonly supervisorLog: string;
  /** Questions to the running devnet, and its answers. */
  readonly requestsFolder: string;
}

/** The paths in a home folder. */
export function placesIn(home: string): Places {
  const folder = join(home, "devnet");
  return {
    home,
    folder,
    clientFile: join(home, "client.json"),
    networkFile: join(folder, "network.json"),
    stateFile: join(folder, "devnet.json"),
    payerKeyFile: join(folder, "payer", "account.key"),
    supervisorLog: join(folder, "supervisor.log"),
    requestsFolder: join(folder, "requests"),
  };
}

/** Files of one daemon. */
export interface DaemonPlaces {
  readonly dataDir: string;
  readonly log: string;
  readonly keyFile: string;
  readonly peerKeyFile: string;
  readonly registrationFile: string;
}

/** The files of a daemon by its name. */
export function daemonPlaces({ folder }: Places, name: string): DaemonPlaces {
  const base = join(folder, name);
  return {
    dataDir: join(base, "data"),
    log: join(base, "daemon.log"),
    keyFile: join(base, "account.key"),
    peerKeyFile: join(base, "peer.key"),
    registrationFile: join(base, "registration.json"),
  };
}

/** Loopback address of worker `i`, counted from 1: rules about subnets and addresses mean something only if they differ. */
export function workerIp(i: number): string {
  return `127.0.${i}.1`;
}

/** Loopback address of the payer's own worker. */
export const refereeIp = "127.0.100.1";
/** Loopback address of a bootstrap node that is not the coordinator. */
export const hubIp = "127.0.101.1";
