/** From a start-up packet to a session at the server: the credential there is now, and once more with a new one when the server refuses it. */
import type { TLSSocket, SecureContext } from "node:tls";
import { isRotateError, type Secret } from "@rotate/plugin-kit";
import { dial, type Upstream } from "./dial.ts";
import type { Derive } from "./scram-client.ts";
import { type Greeting, logInAt } from "./server-login.ts";
import { Refusal, type Startup } from "./wire.ts";

/** What one login is made with. */
export interface SidecarCredential {
  readonly leaseId: string;
  readonly user: string;
  readonly password: Secret;
}

/** Where sessions come from. */
export interface Source {
  readonly upstream: Upstream;
  readonly allowMd5: boolean;
  readonly derive: Derive;
  readonly trust: () => Promise<SecureContext>;
  /** The credential to use now; with `refused`, a newer one than that lease, or a rejection. */
  readonly current: (refused?: string) => Promise<SidecarCredential>;
  /** Counts the lease as in use until what it gives is called. */
  readonly held: (leaseId: string) => () => void;
  /** The server said no to a lease; tells of it. */
  readonly refusedAt: (credential: SidecarCredential, refusal: Refusal) => void;
}

/** A session that is ready for queries; whoever has it calls `release` when the server's side is closed. */
export interface Entered extends Greeting {
  readonly server: TLSSocket;
  readonly release: () => void;
}

/** Refusals that another credential may cure: invalid_password, invalid_authorization_specification. */
const curable: readonly string[] = ["28P01", "28000"];

/**
 * Logs in. Rejects with a Refusal: what the server said, whatever it is; that it cannot be reached (08001); that there is no credential (57P03). The
 * application has not seen anything of it yet.
 */
export async function enter(startup: Startup, source: Source, signal: AbortSignal): Promise<Entered> {
  const credential = await currentOf(source);
  try {
    return await logInWith(credential, startup, { source, signal });
  } catch (error) {
    if (!(error instanceof Refusal) || !isOfCredential(error)) throw error;
    source.refusedAt(credential, error);
    const next = await source.current(credential.leaseId).catch(() => credential);
    if (next.leaseId === credential.leaseId) throw error;
    return await logInWith(next, startup, { source, signal });
  }
}

/** Ours has these states too: only what the server itself said counts. */
function isOfCredential({ sqlstate, word }: Refusal): boolean {
  return word === "server-refused" && curable.includes(sqlstate);
}

async function logInWith(
  credential: SidecarCredential,
  startup: Startup,
  { source, signal }: { readonly source: Source; readonly signal: AbortSignal },
): Promise<Entered> {
  const { upstream, allowMd5, derive } = source;
  const release = source.held(credential.leaseId);
  try {
    const server = await dial({ upstream, trust: await source.trust(), signal });
    const cut = (): void => void server.destroy();
    signal.addEventListener("abort", cut, { once: true });
    try {
      return { server, release, ...(await logInAt(server, { ...credential, startup, derive, allowMd5 })) };
    } catch (error) {
      server.destroy();
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener("abort", cut);
    }
  } catch (error) {
    release();
    throw error;
  }
}

async function currentOf({ current }: Source): Promise<SidecarCredential> {
  try {
    return await current();
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const { message, hint } = error;
    const said = hint === undefined ? { message } : { message, hint };
    throw new Refusal({ sqlstate: "57P03", word: "no-credential", ...said });
  }
}
