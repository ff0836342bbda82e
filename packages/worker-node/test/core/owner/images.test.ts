// From where an owner lets images be pulled: nowhere, unless he says so.
import { imageNameFile, parseImageName } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { OwnerRules } from "../../../src/core/index.ts";
import { imagesWord } from "../../../src/shell/owner/images.ts";
import { Driven, lease, only } from "../support.ts";

const digest = `sha256:${"0f".repeat(32)}`;
const other = `sha256:${"f0".repeat(32)}`;

function refusals(rules: OwnerRules | undefined, name: string): readonly string[] {
  const image = parseImageName(name);
  if (!image.ok) throw new Error(image.problem);
  const driven = new Driven({ classes: ["cpu-image"], ...(rules === undefined ? {} : { rules }) });
  driven.connect();
  driven.allot(10_000n);
  const item = lease("a");
  const { cid, size } = imageNameFile(image.value);
  const task = { ...item.task, runtimeClass: "cpu-image" as const, program: { name, cid, size } };
  return only(driven.lease([{ ...item, task }]), "sendDeclines").flatMap(({ leases }) =>
    leases.map(({ reason, message }) => `${reason}: ${message}`),
  );
}

describe("an image that is to be pulled", () => {
  const name = `registry.example/team/tool@${digest}`;
  const refused = [`imageRefused: the owner does not let ${name} be pulled`];

  test.each<[string, string[], string[]]>([
    ["no place", [], refused],
    ["its registry", ["registry.example"], []],
    ["its registry with another port", ["registry.example:5000"], refused],
    ["another registry", ["example"].map((one) => `registry.${one}.org`), refused],
    ["the beginning of its repository", ["registry.example/team"], []],
    ["its repository", ["registry.example/other", "registry.example/team/tool"], []],
    ["a repository that begins like it", ["registry.example/tea"], refused],
    ["one behind it", ["registry.example/team/tool/more"], refused],
    ["the image itself", [name], []],
    ["the same repository with another digest", [`registry.example/team/tool@${other}`], refused],
    ["the same digest in another repository", [`registry.example/team/other@${digest}`], refused],
  ])("where the owner lists %s", (_what, pullImages, expected) => {
    const { images, problems } = imagesWord({ pullImages, allowImages: true });
    expect(problems).toEqual([]);
    expect(refusals({ images }, name)).toEqual(expected);
  });

  test("is refused by an owner without any rules", () => expect(refusals(undefined, name)).toEqual(refused));
});

test("places that are none are told, and places without images at all", () => {
  const { images, problems } = imagesWord({ pullImages: ["debian", "registry.example/a:1"], allowImages: false });
  expect(images).toEqual([]);
  expect(problems).toEqual([
    expect.stringContaining('--pull-images: "debian" is no registry'),
    expect.stringContaining("--pull-images: has a tag"),
    expect.stringContaining("--allow-images is not given"),
  ]);
});
