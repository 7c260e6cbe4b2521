/** The issuer of the world, as a provider. */
import { defineProvider, RotateError, type Http, type Provider } from "@rotate/plugin-kit";
import { turn } from "./turns.ts";
import { fault, issue, life, lives, say, second, violate, type Issued, type World } from "./world.ts";

const empty = { type: "object" } as const;
const fields = { token: { secret: true, description: "the value" } } as const;
const handle = { type: "object", properties: { id: { type: "integer" } }, required: ["id"] } as const;

/** The outcome is unknown. */
export function lost(message: string): RotateError {
  return new RotateError(message, { code: "TIMEOUT", retryable: true });
}
/** It is certain that nothing was done. */
export function refused(message: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: true });
}

/** Throws where the history says that it does not go well: a refusal, or no answer. */
export function go(world: World, label: string): void {
  const name = fault(world, label, world.shape.rich.timeouts ? ["fails", "times out"] : ["fails"]);
  if (name === undefined) return;
  say(world, `${label} ${name}`);
  throw name === "fails" ? refused("no") : lost("no answer");
}

export function issuerOf(world: World): Provider {
  const { revoke, find, overlap, renew } = world.shape;
  const terms = (issued: Issued) => ({
    expires: new Date(issued.expiresAt),
    renewable: renew === true && issued.renewals < 2,
    handle: { id: issued.id },
  });
  return defineProvider({
    type: "world",
    options: empty,
    fields,
    handle,
    ...(!overlap && { overlap: false as const }),
    async check() {
      go(world, "preflight");
    },
    async mint(_request, ctx) {
      await ctx.http("https://issuer.example/");
      const issued = mint(world, ctx.leaseId);
      await turn(world, "after the mint");
      return { fields: { token: ctx.secret(issued.value) }, ...terms(issued) };
    },
    ...(renew && {
      async renew(lease: { readonly handle: { readonly id: number } }, { http }: { readonly http: Http }) {
        await http("https://issuer.example/");
        const issued = lengthen(world, lease.handle.id);
        await turn(world, "after the renewal");
        return terms(issued);
      },
    }),
    ...(revoke === "handle" && {
      revoke: async (lease: { readonly handle: { readonly id: number } }) => revokeIssued(world, lease.handle.id),
    }),
    ...(revoke === "value" && {
      revokeValue: async ({ token }: { readonly token: { reveal: () => string } }) =>
        revokeIssued(world, world.issued.find(({ value }) => value === token.reveal())!.id),
    }),
    ...(find && {
      async find(leaseId: string) {
        const issued = world.issued.find(({ attempt }) => attempt === leaseId);
        return issued && lives(world, issued) ? terms(issued) : undefined;
      },
    }),
  });
}

function mint(world: World, attempt: string): Issued {
  const name = fault(world, "mint", ["is refused", "answer lost", "same value"]);
  if (name === "is refused") {
    say(world, "the mint is refused");
    throw refused("denied");
  }
  const cached = name === "same value" ? lastInSinks(world) : undefined;
  if (!world.shape.overlap && !cached) for (const issued of world.issued) issued.revoked = true;
  const issued = cached ?? issue(world, attempt);
  if (name === "answer lost") {
    say(world, `the answer with ${issued.value} is lost`);
    throw lost("no answer");
  }
  say(world, `${cached ? "the same value again" : "minted"}: ${issued.value}`);
  return issued;
}

/** Some issuers answer with what they gave before, as long as it lives. */
function lastInSinks(world: World): Issued | undefined {
  return world.issued.findLast(
    (issued) => lives(world, issued) && world.sinks.some(({ value }) => value === issued.value),
  );
}

function lengthen(world: World, id: number): Issued {
  const issued = world.issued[id - 1]!;
  const name = fault(world, "renew", ["is refused", "answer lost"]);
  if (name === "is refused" || !lives(world, issued)) throw refused("no renewal");
  issued.renewals++;
  issued.expiresAt = Math.max(issued.expiresAt, world.time + (issued.renewals > 1 ? 6 * second : life));
  say(world, `renewed ${issued.value} until t${(issued.expiresAt / second) % 1_000_000}`);
  if (name === "answer lost") throw lost("no answer");
  return issued;
}

async function revokeIssued(world: World, id: number): Promise<void> {
  go(world, "revoke");
  const issued = world.issued[id - 1]!;
  if (lives(world, issued) && !world.byHand) {
    if (world.sinks.some(({ value }) => value === issued.value)) violate("P1 revoked while a sink holds it");
    if (world.consumers.some((values) => values.includes(issued.value)))
      violate("P1 revoked while the consumer holds it");
  }
  issued.revoked = true;
  issued.isByHand = world.byHand;
  say(world, `revoked ${issued.value}`);
  await turn(world, "after the revocation");
}
