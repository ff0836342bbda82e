// A daemon for the tests: a container of it may reach a host, has asked it and spins, and the daemon waits to be killed. Its folder, Docker's socket and the host are its arguments.
import { createOciExecutor } from "../../../src/shell/executors/index.ts";
import { perlImage } from "../oci-images.ts";
import { LIMITS, task, unhurried } from "../support.ts";

const [area = "", socketPath = "", host = ""] = process.argv.slice(2);
const hosts = { hosts: [host], bytesMax: 1_000_000 };
const executor = createOciExecutor({ slots: 1, area, socketPath, runtime: "runc", hosts });
const asks = `#!/usr/bin/perl
use Socket;
socket(my $s, AF_INET, SOCK_STREAM, 0); connect($s, pack_sockaddr_in(3128, inet_aton("127.0.0.1"))) or die;
syswrite($s, "CONNECT $ARGV[0] HTTP/1.1\\r\\n\\r\\n"); sysread($s, my $b, 100);
open(my $p, ">", "/progress"); print $p "{\\"done\\":1,\\"total\\":2}\\n"; close $p;
close $s;
1 while 1;
`;
const limits = { ...LIMITS, timeoutMs: 600_000, memoryBytes: 64 * 1024 * 1024 };
await executor.run(task(perlImage(new TextEncoder().encode(asks)), { args: [host], hosts: [host], limits }), {
  ...unhurried(),
  onProgress: () => process.stdout.write("spinning\n"),
});
