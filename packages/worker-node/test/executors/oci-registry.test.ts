// Images out of a real registry run over a real Docker, and what can't be run is told by whose doing that is.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type DockerEngine, openDocker } from "@starling/node-kit";
import type { ImageName } from "@starling/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { archiveParts } from "../../src/shell/executors/oci/archive.ts";
import { archiveOf, imageOf } from "../../src/shell/executors/oci/image.ts";
import { inMemory } from "../../src/shell/executors/stored.ts";
import { type Dockerd, describeContainers, startDockerd } from "./dockerd.ts";
import { savedImage, shellImage, shellParts } from "./oci-images.ts";
import { ociExecutor } from "./oci-support.ts";
import { registryPackages, startRegistry, type TestRegistry } from "./registry.ts";
import { task, unhurried } from "./support.ts";

describeContainers(
  "images of a registry",
  () => {
    let docker: Dockerd;
    let engine: DockerEngine;
    let registry: TestRegistry;
    let executor: ReturnType<typeof ociExecutor>;
    beforeAll(async () => {
      [docker, registry] = await Promise.all([startDockerd(), startRegistry()]);
      engine = await openDocker(docker.socketPath);
      executor = ociExecutor(docker.socketPath);
    });
    afterAll(async () => {
      await executor.close();
      await registry.stop();
      await docker.stop();
    });
    const { signal } = unhurried();
    const pulled = (image: ImageName, args: readonly string[] = []) =>
      executor.run(task(new Uint8Array(), { image, args }), unhurried());

    test("are run, and kept for the next task", async () => {
      const image = await registry.push("team/hello", shellParts("echo hello $1", {}));
      expect(await pulled(image, ["you"])).toMatchObject({ kind: "completed", log: "hello you\n" });
      // Nothing is left of the download, and nothing is asked for again.
      expect(readdirSync(join(executor.area, "pulls"))).toEqual([]);
      const elsewhere = { ...image, registry: "127.0.0.1:1" };
      expect(await pulled(elsewhere, ["again"])).toMatchObject({ kind: "completed", log: "hello again\n" });
    });

    test("that one registry lacks may be in another", async () => {
      const image = await registry.push("team/there", shellParts("echo here", {}));
      const lacking = pulled({ ...image, repository: "team/not-there" });
      expect(await pulled(image)).toMatchObject({ kind: "completed", log: "here\n" });
      expect(await lacking).toMatchObject({ kind: "failed", reason: "badProgram" });
    });

    test("that aren't there are the payer's to mend, and registries that aren't there are not", async () => {
      const digest = `sha256:${"0".repeat(64)}`;
      expect(await pulled({ registry: registry.host, repository: "team/hello", digest })).toMatchObject({
        kind: "failed",
        reason: "badProgram",
        message: `the registry ${registry.host} has no team/hello@${digest}`,
      });
      expect(await pulled({ registry: "127.0.0.1:1", repository: "team/hello", digest })).toMatchObject({
        kind: "infrastructure",
        reason: "imageUnavailable",
        message: expect.stringMatching(/^the registry 127\.0\.0\.1:1 can't be reached/),
      });
    });

    test("go when the worker does, and the owner's own with the same layers stay", async () => {
      const parts = shellParts("echo mine", {});
      const image = await imageOf(await archiveParts(inMemory(savedImage(parts))));
      await engine.loadImage(archiveOf(image, "owners:own"), signal);
      const other = ociExecutor(docker.socketPath);
      const name = await registry.push("team/same", parts);
      const outcome = await other.run(task(new Uint8Array(), { image: name }), unhurried());
      expect(outcome).toMatchObject({ kind: "completed", log: "mine\n" });
      await other.close();
      expect(await engine.imagesOf("owners", signal)).toEqual(["owners:own"]);
      await engine.removeImage("owners:own", signal);
    });

    test.each([
      ["a folder to begin in that is a file", shellImage("echo", { WorkingDir: "/program" })],
      ["a file where its inputs belong", shellImage("echo", {}, [{ name: "in", content: new Uint8Array(1) }])],
    ])("with %s can't be run by any machine", async (_what, program) => {
      expect(await executor.run(task(program), unhurried())).toMatchObject({
        kind: "failed",
        reason: "badProgram",
        message: expect.stringMatching(/^Docker does not run the image: /),
      });
    });

    test("are nobody's fault where Docker is gone", async () => {
      const own = await startDockerd();
      const lost = ociExecutor(own.socketPath);
      expect(await lost.probe(unhurried())).toMatchObject({ works: true });
      await own.stop();
      expect(await lost.run(task(shellImage("echo")), unhurried())).toMatchObject({ kind: "infrastructure" });
      await lost.close().catch(() => undefined);
    });
  },
  registryPackages,
);
