import { invalid, meanings, RotateError, type HttpAnswer, type Secret } from "@rotate/plugin-kit";
import { call, readAs } from "./api.ts";
import type { Ctx, Request } from "./options.ts";
import { appRemedy, refusal } from "./refusal.ts";

const answered = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] } as const;

/** The installation that is meant, by its number or by who owns it. */
export interface Which extends Pick<Request, "installationId" | "owner"> {
  /** One of those asked for: the installation is looked up by it, so that a repository the app does not have is found at once. */
  readonly repository: string | undefined;
}

/** The number of the installation: what the request says, else that of the owner's installation. Throws NOT_FOUND when there is none. */
export async function findInstallation(
  { installationId, owner, repository }: Which,
  bearer: Secret,
  ctx: Ctx,
): Promise<string> {
  if (installationId !== undefined) return installationId;
  if (owner === undefined) {
    const hint = "add request.owner, or request.installationId";
    throw invalid("the request names no installation", hint);
  }
  if (repository !== undefined)
    return read(
      await call({ path: `/repos/${owner}/${repository}/installation`, bearer }, ctx),
      `${owner}/${repository}`,
      ctx,
    );
  const answer = await call({ path: `/orgs/${owner}/installation`, bearer }, ctx);
  if (answer.status !== 404) return read(answer, owner, ctx);
  return read(await call({ path: `/users/${owner}/installation`, bearer }, ctx), owner, ctx);
}

/** Is there such an installation, and is it not suspended? Throws what GitHub's refusal means. */
export async function checkInstallation(which: Which, bearer: Secret, ctx: Ctx): Promise<void> {
  const id = await findInstallation(which, bearer, ctx);
  const answer = await call({ path: `/app/installations/${id}`, bearer }, ctx);
  if (!answer.ok) throw refusal(`no installation ${id}`, answer, { now: ctx.now(), remedy: appRemedy });
  if (typeof readAs(answer, installation).suspended_at !== "string") return;
  throw new RotateError(`the installation ${id} is suspended`, {
    ...meanings.denied,
    hint: "its owner can resume it in the settings",
  });
}

const installation = { type: "object", properties: { suspended_at: { type: ["string", "null"] } } } as const;

function read(answer: HttpAnswer, where: string, ctx: Ctx): string {
  if (answer.ok) return String(readAs(answer, answered).id);
  const missing = `install the app on ${where}, and give it access to the repository; check the name`;
  const remedy = answer.status === 404 ? missing : appRemedy;
  throw refusal(`no installation on ${where}`, answer, { now: ctx.now(), remedy });
}
