// The image of a job document: an archive beside it, or a name with a digest, by which workers pull it.
import { z } from "zod";
import { parseImageName } from "../image-name.ts";
import type { ArtifactSource } from "./document.ts";
import { sourceSchema } from "./fields.ts";

const archived = z.object(
  { archive: sourceSchema },
  {
    error:
      "must be an image's name with its digest, such as registry.example/name@sha256:..., or a map such as {archive: ./image.tar}, which docker save writes",
  },
);

const pulled = z.string().transform((text, context): ArtifactSource => {
  const read = parseImageName(text);
  if (read.ok) return { kind: "image", name: read.value };
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

// A union would say that neither fits, and not what is wrong with the one that was meant.
/** Where an image comes from. */
export const imageSchema = z.unknown().transform((found, context): ArtifactSource => {
  const read =
    typeof found === "string" ? pulled.safeParse(found) : archived.transform(({ archive }) => archive).safeParse(found);
  if (read.success) return read.data;
  for (const { message, path } of read.error.issues)
    context.issues.push({ code: "custom", message, path, input: found });
  return z.NEVER;
});
