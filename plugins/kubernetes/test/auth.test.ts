import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect as connectTo } from "node:net";
import { join } from "node:path";
import { listen } from "@rotate/doubles";
import { describe, expect, onTestFinished, test } from "vitest";
import { clientCertificate, kubeconfigText, startCluster, type Cluster } from "./support/cluster.ts";
import { errorOf, secretContext, sink, type CallSettings } from "./support/call.ts";

const rules = [{ verbs: ["*"], resources: ["*"] }];
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function clusterPart({ double, ca }: Cluster): object {
  return { server: double.url, "certificate-authority-data": base64(ca) };
}

/** Looks at the Secret with this kubeconfig. */
async function look(
  cluster: Cluster,
  parts: { readonly user?: object; readonly cluster?: object },
  settings: CallSettings = {},
) {
  const text = kubeconfigText(parts.cluster ?? clusterPart(cluster), parts.user ?? { token: "admin-token" });
  await writeFile(cluster.kubeconfig, text);
  return sink.check(secretContext(cluster, settings));
}

/** The files that the kubelet puts into a pod. */
async function pod(cluster: Cluster): Promise<{ readonly path: string; readonly settings: CallSettings }> {
  const path = join(cluster.directory, "serviceaccount");
  await mkdir(path);
  await writeFile(join(path, "ca.crt"), cluster.ca);
  await writeFile(join(path, "token"), "admin-token\n");
  const { hostname, port } = new URL(cluster.double.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  return { path, settings: { env, options: { kubeconfig: undefined, serviceAccountPath: path } } };
}

describe("in a pod", () => {
  test("the service account's token is read anew at each use", async () => {
    const cluster = await startCluster({
      users: { "admin-token": { name: "one", rules }, next: { name: "two", rules } },
    });
    const { path, settings } = await pod(cluster);
    await expect(sink.check(secretContext(cluster, settings))).resolves.toBeUndefined();
    cluster.double.setUser("admin-token", undefined);
    await writeFile(join(path, "token"), "next");
    await expect(sink.check(secretContext(cluster, settings))).resolves.toBeUndefined();
  });

  test("a token that was replaced while we called is picked up", async () => {
    const cluster = await startCluster();
    const { settings } = await pod(cluster);
    cluster.double.faults.next("*", { status: 401, body: "{}" });
    await expect(sink.check(secretContext(cluster, settings))).resolves.toBeUndefined();
  });

  test("files that are not there are named, with what switches them on", async () => {
    const cluster = await startCluster();
    const { settings } = await pod(cluster);
    const options = { kubeconfig: undefined, serviceAccountPath: join(cluster.directory, "nowhere") };
    const error = await errorOf(sink.check(secretContext(cluster, { ...settings, options })));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: expect.stringContaining("automountServiceAccountToken") });
  });

  test("outside of one, and without a kubeconfig, all places looked at are named", async () => {
    const cluster = await startCluster();
    const env = { HOME: cluster.directory };
    const error = await errorOf(sink.check(secretContext(cluster, { env, options: { kubeconfig: undefined } })));
    expect(error.message).toBe(`there is no kubeconfig (${cluster.directory}/.kube/config)`);
  });
});

describe("a kubeconfig", () => {
  test("is found by KUBECONFIG, whose files are merged: the first to name something wins", async () => {
    const cluster = await startCluster();
    const names = { contexts: [{ name: "prod", context: { cluster: "here", user: "tester" } }], users: [] };
    const first = join(cluster.directory, "first");
    await writeFile(first, JSON.stringify({ "current-context": "prod", ...names }));
    const env = { KUBECONFIG: `${join(cluster.directory, "absent")}:${first}:${cluster.kubeconfig}` };
    await expect(
      sink.check(secretContext(cluster, { env, options: { kubeconfig: undefined } })),
    ).resolves.toBeUndefined();
    await expect(
      sink.check(secretContext(cluster, { env, options: { kubeconfig: undefined, context: "main" } })),
    ).resolves.toBeUndefined();
  });

  test("without the context asked for says which it has", async () => {
    const cluster = await startCluster();
    const error = await errorOf(look(cluster, {}, { options: { context: "prod" } }));
    expect(error).toMatchObject({ code: "NOT_FOUND", hint: "it has: main" });
    expect(error.message).toBe("the kubeconfig has no context named prod");
  });

  test("that is no YAML shows the line, and nothing of what stands there", async () => {
    const cluster = await startCluster();
    await writeFile(cluster.kubeconfig, "users:\n- name: a\n  user: {token: 's3cret-token\n");
    const error = await errorOf(sink.check(secretContext(cluster)));
    expect(error.code).toBe("INVALID");
    expect(error.message).toMatch(/is no YAML: line \d \([A-Z_]+\)$/);
    expect(JSON.stringify([error.message, error.stack])).not.toContain("s3cret");
  });

  test.each([
    ["a token file, relative to the kubeconfig", { tokenFile: "token" }],
    ["a token file rather than a token", { tokenFile: "token", token: "old" }],
  ])("logs in by %s", async (_name, user) => {
    const cluster = await startCluster();
    await writeFile(join(cluster.directory, "token"), "admin-token\n");
    await expect(look(cluster, { user })).resolves.toBeUndefined();
  });

  test("logs in by a client certificate", async () => {
    const cluster = await startCluster({
      users: {},
      certificates: { "rotate.example.com": { name: "rotate", rules } },
    });
    const { cert, key } = clientCertificate("rotate.example.com");
    await expect(
      look(cluster, { user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }),
    ).resolves.toBeUndefined();
    const half = await errorOf(look(cluster, { user: { "client-certificate-data": base64(cert) } }));
    expect(half.message).toContain("half of a client certificate");
  });

  test("may name the server otherwise than its certificate does", async () => {
    const cluster = await startCluster();
    await expect(
      look(cluster, { cluster: { ...clusterPart(cluster), "tls-server-name": "kubernetes.default.svc" } }),
    ).resolves.toBeUndefined();
    const other = { ...clusterPart(cluster), "tls-server-name": "elsewhere.example.com" };
    expect(await errorOf(look(cluster, { cluster: other }))).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("may name a proxy, which is used whatever the environment says", async () => {
    const cluster = await startCluster();
    const seen: string[] = [];
    const proxy = createServer().on("connect", ({ url = "" }, socket) => {
      seen.push(url);
      const [host = "", port = ""] = url.split(":");
      const onward = connectTo(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
    });
    const port = await listen(proxy);
    onTestFinished(() => void proxy.close());
    await expect(
      look(cluster, { cluster: { ...clusterPart(cluster), "proxy-url": `http://127.0.0.1:${port}` } }),
    ).resolves.toBeUndefined();
    expect(new Set(seen)).toEqual(new Set([new URL(cluster.double.url).host]));
  });

  test.each([
    [
      "skips the check of the server",
      { cluster: { server: "https://127.0.0.1:1", "insecure-skip-tls-verify": true } },
      "insecure-skip-tls-verify",
    ],
    [
      "names a SOCKS proxy",
      { cluster: { server: "https://127.0.0.1:1", "proxy-url": "socks5://127.0.0.1:1" } },
      "no http:// or https:// URL",
    ],
    ["has an auth-provider", { user: { "auth-provider": { name: "oidc" } } }, "auth-provider"],
    ["impersonates", { user: { token: "admin-token", as: "someone" } }, "impersonates (as)"],
    ["has no server", { cluster: {} }, "no usable server"],
    ["would send the token in the clear", { cluster: { server: "http://10.0.0.1:8080" } }, "in the clear"],
  ])("that %s is refused rather than half understood", async (_name, parts, said) => {
    const cluster = await startCluster();
    const error = await errorOf(look(cluster, parts));
    expect(error).toMatchObject({ code: "INVALID", message: expect.stringContaining(said) });
  });

  test("may have a context without a user, who is then let in or not", async () => {
    const cluster = await startCluster();
    const config = JSON.parse(kubeconfigText(clusterPart(cluster), {}));
    config.contexts = [{ name: "main", context: { cluster: "here" } }];
    await writeFile(cluster.kubeconfig, JSON.stringify(config));
    const error = await errorOf(sink.check(secretContext(cluster)));
    expect(error).toMatchObject({ code: "DENIED", hint: expect.stringContaining("user nobody of context main") });
  });

  test("whose token is not known says who was not let in", async () => {
    const cluster = await startCluster();
    const error = await errorOf(look(cluster, { user: { token: "other" } }));
    expect(error).toMatchObject({ code: "DENIED", hint: expect.stringContaining("user tester of context main") });
  });
});

describe("an exec plugin", () => {
  const apiVersion = "client.authentication.k8s.io/v1";
  async function pluginThat(cluster: Cluster, script: string, more: object = {}) {
    await writeFile(join(cluster.directory, "plugin.sh"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { user: { exec: { apiVersion, command: "./plugin.sh", interactiveMode: "IfAvailable", ...more } } };
  }
  const prints = (status: object, version = apiVersion): string =>
    `echo '${JSON.stringify({ apiVersion: version, kind: "ExecCredential", status })}'`;

  test("gives a token, and is told of the cluster where it wants to know", async () => {
    const cluster = await startCluster();
    const told = join(cluster.directory, "told");
    const script = `[ "$MODE $1" = "x y" ] || exit 9\nprintf %s "$KUBERNETES_EXEC_INFO" >${told}\n${prints({ token: "admin-token" })}`;
    const more = { args: ["y"], env: [{ name: "MODE", value: "x" }], provideClusterInfo: true };
    await expect(look(cluster, await pluginThat(cluster, script, more))).resolves.toBeUndefined();
    expect(JSON.parse(await readFile(told, "utf8"))).toMatchObject({
      apiVersion,
      kind: "ExecCredential",
      spec: { interactive: false, cluster: { server: cluster.double.url } },
    });
  });

  test("may speak the beta, as that of EKS does", async () => {
    const cluster = await startCluster();
    const version = "client.authentication.k8s.io/v1beta1";
    await expect(
      look(cluster, await pluginThat(cluster, prints({ token: "admin-token" }, version), { apiVersion: version })),
    ).resolves.toBeUndefined();
  });

  test("is asked again, once, when its token is refused", async () => {
    const cluster = await startCluster();
    const once = join(cluster.directory, "once");
    const script = `if [ -e ${once} ]; then ${prints({ token: "admin-token" })}; else : >${once}; ${prints({ token: "stale" })}; fi`;
    await expect(look(cluster, await pluginThat(cluster, script))).resolves.toBeUndefined();
  });

  test.each([
    [
      "fails",
      "echo 'sso session is over' >&2; exit 3",
      { code: "FAILED", message: expect.stringContaining("sso session is over") },
    ],
    [
      "wants a person to log in",
      "echo 'Error loading SSO Token: Token for acme does not exist' >&2; exit 255",
      { code: "DENIED", person: true, retryable: false, hint: "log in again: aws sso login" },
    ],
    [
      "prints something else",
      "echo 's3cret'",
      { code: "BAD_ANSWER", message: expect.stringContaining("did not print an ExecCredential") },
    ],
    [
      "prints nothing to log in with",
      prints({}),
      { code: "BAD_ANSWER", message: expect.stringContaining("neither a token") },
    ],
    [
      "prints what is over",
      prints({ token: "s3cret", expirationTimestamp: "2020-01-01T00:00:00Z" }),
      { code: "BAD_ANSWER", message: expect.stringContaining("ended at 2020") },
    ],
  ])("that %s is named", async (_name, script, expected) => {
    const cluster = await startCluster();
    const error = await errorOf(look(cluster, await pluginThat(cluster, script)));
    expect(error).toMatchObject(expected);
    expect(error.message).toContain("plugin.sh");
    expect(error.message).not.toContain("s3cret");
  });

  test.each([
    [
      "is not installed",
      { command: "no-such-plugin-anywhere", installHint: "brew install it" },
      { code: "NOT_FOUND", hint: "brew install it" },
    ],
    [
      "wants a terminal",
      { interactiveMode: "Always" },
      { code: "INVALID", message: expect.stringContaining("wants a terminal") },
    ],
    ["speaks another version", { apiVersion: "client.authentication.k8s.io/v1alpha1" }, { code: "INVALID" }],
  ])("that %s is named", async (_name, more, expected) => {
    const cluster = await startCluster();
    expect(await errorOf(look(cluster, await pluginThat(cluster, "exit 0", more)))).toMatchObject(expected);
  });
});
