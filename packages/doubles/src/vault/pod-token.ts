/** The token of a pod's service account, as a cluster signs one, with a signature that only a review could judge. */
export function podToken(namespace: string, name: string, id = "one"): string {
  const claims = {
    iss: "https://kubernetes.default.svc.cluster.local",
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: ["https://kubernetes.default.svc.cluster.local"],
    jti: id,
    exp: 4_000_000_000,
    iat: 1_700_000_000,
    nbf: 1_700_000_000,
    "kubernetes.io": { namespace, serviceaccount: { name, uid: `uid-of-${name}` } },
  };
  return `${part({ alg: "RS256", kid: "one" })}.${part(claims)}.${Buffer.from("signature").toString("base64url")}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
