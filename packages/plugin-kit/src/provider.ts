import type { Context, Text } from "./context.ts";
import type { Expires, LoggedIn, Login, NoLoginAbove } from "./login.ts";
import type { ClusterRight, PartFacts } from "./part.ts";
import type { Flat, Infer, ObjectSchema, Only, OnlySchemaWords } from "./schema.ts";
import type { Secret } from "./secret.ts";
import type { ProviderStart } from "./start.ts";

/** One field of the credential. Values are text; `multiline` allows line feeds (PEM), `optional` allows absence. */
export interface Field {
  readonly secret: boolean;
  readonly description: string;
  /** What a value looks like, and no real one: each sink's edit is tried with it before anything is minted. Default: some letters; PEM for `multiline`. */
  readonly example?: string;
  readonly multiline?: true;
  readonly optional?: true;
}

/** What a credential consists of, by the names that templates use. */
export interface Fields {
  readonly [name: string]: Field;
}
type FieldValue<F> = F extends { readonly secret: true }
  ? Secret
  : F extends { readonly secret: false }
    ? string
    : Text;
type OptionalField<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];
/** The minted values, by the declaration: a Secret where `secret: true`, else a string. */
export type FieldValues<F> = Flat<
  { readonly [K in Exclude<keyof F, OptionalField<F>>]: FieldValue<F[K]> } & {
    readonly [K in OptionalField<F>]?: FieldValue<F[K]>;
  }
>;

/** What a plugin tells about a lease. The engine adds id, issuedAt and fingerprint. */
export interface LeaseTerms<Handle = unknown> {
  readonly expires: Expires;
  /** This lease can be renewed now. Needs `renew`. */
  readonly renewable?: boolean;
  /** The issuer kills it together with the login that made it (Vault). */
  readonly diesWithLogin?: boolean;
  /** The issuer changes the value in place every so many milliseconds (a static role's rotation period): until `expires` nothing newer is to be had. */
  readonly period?: number;
  /** What `renew` and `revoke` need, and nothing secret: it is kept in the state, and may be read by a later version of the plugin. */
  readonly handle?: Handle;
}

/** A new credential: its values, and what is known of its life. */
export interface Minted<F = Fields, Handle = unknown> extends LeaseTerms<Handle> {
  readonly fields: FieldValues<F>;
}
/** A lease as the state knows it. */
export interface Lease<Handle = unknown> {
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date | "never";
  readonly handle: Handle;
}

/** The context of a provider's calls after `login`: shared by all rotations of this provider entry. */
export interface ProviderContext<Options = unknown, L = unknown> extends LoggedIn<Options, L> {}

/** The context of `mint`. */
export interface MintContext<Options = unknown, L = unknown> extends ProviderContext<Options, L> {
  /** The lease's id, in the journal before the call: put it in a tag, comment or session name, so that an orphan can be found. `[a-z0-9-]`, 24 characters. */
  readonly leaseId: string;
}

/** What an administrator of the issuer runs once, so that rotate may mint there, and nothing more. It holds no secret. */
export interface IssuerSetup {
  /** Where, and as whom: `db.internal:5432, database app, as a superuser`. */
  readonly place: string;
  /** sql: comments begin with `--`. redis: commands of redis-cli, comments with `#`. */
  readonly language: "sql" | "redis";
  /** What has to be there or is to be done by hand, a sentence each. */
  readonly notes: readonly string[];
  /** In order, each whole, with what ends it. */
  readonly statements: readonly string[];
}

/** A provider as the engine sees it: in process, in another process, or a test double. */
export interface Provider extends PartFacts<unknown> {
  readonly type: string;
  readonly options: ObjectSchema;
  readonly request?: ObjectSchema;
  readonly fields: Fields | ((request: unknown) => Fields);
  readonly handle?: ObjectSchema;
  readonly overlap?: false;
  readonly ghosts?: false;
  readonly maxLife?: number;
  readonly start?: ProviderStart;
  setup?(options: unknown, requests: readonly unknown[]): IssuerSetup;
  login?(ctx: Context): Promise<Login>;
  keepAlive?(ctx: ProviderContext): Promise<Login>;
  check?(ctx: ProviderContext, request?: unknown): Promise<void>;
  mint(request: unknown, ctx: MintContext): Promise<Minted>;
  renew?(lease: Lease, ctx: ProviderContext): Promise<LeaseTerms>;
  revoke?(lease: Lease, ctx: ProviderContext): Promise<void>;
  revokeValue?(fields: FieldValues<Fields>, ctx: ProviderContext): Promise<void>;
  find?(leaseId: string, ctx: ProviderContext): Promise<LeaseTerms | undefined>;
  lives?(lease: Lease, ctx: ProviderContext): Promise<boolean | undefined>;
}

/** A provider as its author writes it. Required: `type`, `options`, `fields`, `mint`. What exists is what it can do. */
export interface ProviderDefinition<O, R, F, H, L, V = FieldValues<F>> extends Omit<
  PartFacts<Infer<O>>,
  "clusterRights"
> {
  /** The word in the spec. */
  readonly type: string;
  readonly options: O & OnlySchemaWords<O>;
  /** A property named `ttl` (a duration) is the life asked for: the engine holds the answer to it. */
  readonly request?: R & OnlySchemaWords<R>;
  /** Names and secrecy of what `mint` returns; a function when the request decides. Templates are checked against it before anything is minted. */
  readonly fields: F | ((request: Infer<R>) => Fields);
  /** Needed only to return a handle. */
  readonly handle?: H;
  /** False: a mint kills its predecessor upstream. Then nothing is ever undone, rolled back or revoked. */
  readonly overlap?: false;
  /** False: a mint leaves nothing upstream that could live on unseen (a stored value, a cached or self-signed token): a lost answer is no loss. */
  readonly ghosts?: false;
  /** The longest that a credential can live, milliseconds: until then one whose answer was lost may be alive, where the request asks for no life. */
  readonly maxLife?: number;
  /** How a first spec comes to name it. */
  readonly start?: ProviderStart;
  /** The rights in a Kubernetes cluster that minting `request` needs. Pure. */
  clusterRights?(options: Infer<O>, request: Infer<R>): readonly ClusterRight[];
  /** What an administrator runs once for `requests`, all that the spec asks of this entry. Pure. */
  setup?(options: Infer<O>, requests: readonly Infer<R>[]): IssuerSetup;
  /** Proves who we are. Write it above the methods that use `ctx.login`. */
  login?(ctx: Context<Infer<O>>): Promise<L>;
  /** Lengthens the login at 2/3 of its life; when it fails, `login` runs again. */
  keepAlive?(ctx: ProviderContext<Infer<O>, L>): Promise<NoInfer<L>>;
  /** Could a mint of `request` work now? Changes nothing. Without a request: could any? */
  check?(ctx: ProviderContext<Infer<O>, L>, request?: Infer<R>): Promise<void>;
  mint(
    request: Infer<R>,
    ctx: MintContext<Infer<O>, L>,
  ): Promise<LeaseTerms<Infer<H>> & { readonly fields: V & Only<V, keyof F, "not declared in `fields`"> }>;
  renew?(lease: Lease<Infer<H>>, ctx: ProviderContext<Infer<O>, L>): Promise<LeaseTerms<Infer<H>>>;
  /** From the handle alone, in any process, at any time. Revoking what is gone succeeds. */
  revoke?(lease: Lease<Infer<H>>, ctx: ProviderContext<Infer<O>, L>): Promise<void>;
  /** For issuers that revoke only what is shown to them (RFC 7009). Used while the value is still in memory; later the lease just expires. */
  revokeValue?(fields: FieldValues<F>, ctx: ProviderContext<Infer<O>, L>): Promise<void>;
  /**
   * Asks the issuer whether a mint whose answer was lost made a lease. Undefined: it did not, and never will. The mint may still be under way there: wait for
   * it, by a lock that the mint took before it asked for anything, or end it.
   */
  find?(leaseId: string, ctx: ProviderContext<Infer<O>, L>): Promise<LeaseTerms<Infer<H>> | undefined>;
  /** Asks the issuer whether a lease still lives, from the handle alone: after a new boot, when the state may be a snapshot's. Undefined: it cannot tell. */
  lives?(lease: Lease<Infer<H>>, ctx: ProviderContext<Infer<O>, L>): Promise<boolean | undefined>;
}

type Empty = { readonly type: "object" };
type NoHandle = { readonly const: "declare `handle` to return one" };

/** Checks a provider's definition against its own schemas at compile time, and gives the engine's view of it. */
export function defineProvider<
  const O extends ObjectSchema,
  const R extends ObjectSchema = Empty,
  const F extends Fields = Fields,
  const H extends ObjectSchema | NoHandle = NoHandle,
  L extends Login | NoLoginAbove = NoLoginAbove,
  V extends FieldValues<F> = FieldValues<F>,
>(definition: ProviderDefinition<O, R, F, H, L, V>): Provider {
  return definition as Provider;
}
