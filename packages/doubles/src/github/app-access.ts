import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";
import { claimsIn, isSignedBy } from "../assertion.ts";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { githubFaults } from "./answers.ts";

/** The longest life ahead that GitHub takes, seconds. */
const longest = 600;

/** Who is let in as the app. */
export interface AppAccess {
  /** PEM; made when it is first asked for. */
  readonly privateKey: () => string;
  readonly deleteKey: () => void;
  /** The refusal of a request that the app does not sign as it must; undefined: it does. */
  readonly refuse: (request: DoubleRequest) => Promise<DoubleAnswer | undefined>;
}

/** Knows the app's key, and checks every JWT that it signs (docs.github.com, "Generating a JSON Web Token for a GitHub App"). */
export function createAppAccess(ids: readonly string[], now: () => number): AppAccess {
  let made: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } | undefined;
  let deleted = false;
  const pair = () => (made ??= generateKeyPairSync("rsa", { modulusLength: 2048 }));
  return {
    privateKey: () => pair().privateKey.export({ type: "pkcs1", format: "pem" }),
    deleteKey() {
      deleted = true;
    },
    async refuse(request) {
      const jwt = /^[Bb]earer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
      const claims = claimsIn(jwt);
      if (claims === undefined) return githubFaults.badJwt;
      if (!ids.includes(String(claims.iss))) return githubFaults.unknownApp;
      if (deleted || !(await isSignedBy(jwt, pair().publicKey))) return githubFaults.badJwt;
      return timeRefusal(claims, Math.floor(now() / 1000));
    },
  };
}

function timeRefusal({ iat, exp }: JWTPayload, now: number): DoubleAnswer | undefined {
  if (iat === undefined || iat > now) return githubFaults.issuedAhead;
  if (exp === undefined || exp <= now) return githubFaults.ended;
  return exp > now + longest ? githubFaults.endTooFar : undefined;
}
