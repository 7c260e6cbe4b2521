/** What needs nothing but this machine: an issuer of our own, every format of a command, every sink, reload and probe. */
import { refused, rotated, rowsOf, type Options, type Rows } from "./row.ts";

const token = "{{ token }}";

/** Nothing else in the spec has this name. */
function published(name: string): Options {
  return { type: "dotenv", path: `${name}.env`, dialect: "shell", values: { TOKEN: token } };
}

const issuers: Rows = rowsOf("jwt", { es256: "ES256", rs256: "RS256", eddsa: "EdDSA" }, (algorithm) => ({
  provider: { type: "jwt", issuer: "https://issuer.example", algorithm, key: { path: `${algorithm}.pem` } },
  request: { subject: "app", ttl: "15m" },
  ends: rotated,
}));

const field = { token: { pointer: "/token" } };
const json = (unit: string) => ({ format: "json", fields: field, expires: { pointer: `/${unit}`, unit } });
const kubernetes = "client.authentication.k8s.io";
const formats: Readonly<
  Record<string, { readonly prints: string; readonly request: object; readonly value?: string }>
> = {
  ...Object.fromEntries(
    ["timestamp", "unix-seconds", "unix-milliseconds", "seconds", "milliseconds"].map((unit) => [
      unit,
      { prints: "answer.json", request: json(unit) },
    ]),
  ),
  token: { prints: "token.jwt", request: { format: "token", expiresIn: "1h" } },
  rotate: { prints: "answer-rotate.json", request: { format: "rotate", fields: field } },
  aws: {
    prints: "aws.json",
    request: { format: "aws-credential-process" },
    value: "{{ accessKeyId }}",
  },
  v1: { prints: "exec-v1.json", request: { format: "exec-credential", apiVersion: `${kubernetes}/v1` } },
  v1beta1: { prints: "exec-v1beta1.json", request: { format: "exec-credential", apiVersion: `${kubernetes}/v1beta1` } },
  docker: {
    prints: "docker.json",
    request: { format: "docker-credential-helper", server: "registry.example.com", expiresIn: "1h" },
    value: "{{ password }}",
  },
};

/** A dialect each for some of them: each is a reader of its own. */
const dialects: Readonly<Record<string, string>> = { token: "dotenv", rotate: "compose", aws: "systemd" };

const commands: Rows = rowsOf("exec", formats, ({ prints, request, value = token }, name) => ({
  provider: { type: "exec", command: ["sh", "-c", `cat ${prints}`], cwd: "." },
  request,
  sinks: [
    {
      type: "dotenv",
      path: `command-${name}.env`,
      dialect: dialects[name] ?? "docker",
      values: { VALUE: value },
    },
  ],
  ends: rotated,
}));

const targets: Readonly<Record<string, readonly [file: string, values: Readonly<Record<string, string>>]>> = {
  dotenv: ["sink.env", { TOKEN: token }],
  json: ["sink.json", { "/db/password": token }],
  yaml: ["sink.yaml", { "/db/password": token }],
  file: ["sink.txt", { content: token }],
};
const ways = [
  { write: "atomic", existing: "replace" },
  { write: "in-place", existing: "replace" },
];
const keys = {
  aws_access_key_id: "{{ accessKeyId }}",
  aws_secret_access_key: "{{ secretAccessKey }}",
  aws_session_token: "{{ sessionToken }}",
};
const fromAws = {
  provider: { type: "exec", command: ["cat", "aws.json"], cwd: "." },
  request: { format: "aws-credential-process" },
};
const cluster = { namespace: "app", name: "app", kubeconfig: "kubeconfig" };

const sinks: Rows = {
  ...rowsOf("sink", Object.fromEntries(ways.map((way) => [way.write, way])), (way) => ({
    sinks: Object.entries(targets).map(([type, [file, values]]) => ({
      type,
      path: `${way.write}.${file}`,
      ...way,
      values,
    })),
    ends: rotated,
  })),
  "sink-refuse": {
    sinks: Object.entries(targets).map(([type, [file, values]]) => ({
      type,
      path: `refuse.${file}`,
      existing: "refuse",
      values,
    })),
    ends: rotated,
  },
  ...rowsOf("sink-aws", { credentials: "credentials", config: "config" }, (format) => ({
    ...fromAws,
    sinks: ways.map((way, index) => ({
      type: "aws-credentials",
      path: `aws-${format}-${index}`,
      format,
      ...way,
      values: keys,
    })),
    ends: rotated,
  })),
  "sink-aws-refuse": {
    ...fromAws,
    sinks: [{ type: "aws-credentials", path: "aws-refuse", existing: "refuse", values: keys }],
    ends: rotated,
  },
  "sink-files": {
    sinks: [{ type: "files", path: "sink.d", values: { token, "token.txt": token } }],
    ends: rotated,
  },
  "sink-pgpass": {
    sinks: ways.map((way, index) => ({
      type: "pgpass",
      path: `sink-${index}.pgpass`,
      host: "db.example.com",
      ...way,
      values: { password: token },
    })),
    ends: rotated,
  },
  "sink-pgpass-refuse": {
    sinks: [{ type: "pgpass", path: "refuse.pgpass", host: "h", existing: "refuse", values: { password: token } }],
    ends: rotated,
  },
  "sink-env": { sinks: [{ type: "env", values: { TOKEN: token } }], cache: true, ends: rotated },
  "sink-by-filter": {
    sinks: [{ type: "file", path: "filtered", values: { content: "{{ token | base64_encode }}" } }],
    refresh: { cron: "*/5 * * * *" },
    ends: rotated,
  },
  ...rowsOf("sink-github", { env: "env", output: "output" }, (to) => ({
    sinks: [{ type: "github-actions", to, values: { TOKEN: token } }],
    ends: rotated,
  })),
  "sink-kubernetes": {
    sinks: [{ type: "kubernetes-secret", ...cluster, values: { token } }],
    ends: refused("PREFLIGHT"),
  },
};

const signals = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGTERM", "SIGQUIT", "SIGWINCH", "SIGCONT"];
const byName = (names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name.toLowerCase(), name]));
const reloadOf = (name: string, reload: Options, ends: RegExp) => ({
  sinks: [published(name)],
  reload: [reload],
  ends,
});

const reloads: Rows = {
  "reload-exec": reloadOf("reload-exec", { type: "exec", command: ["true"] }, rotated),
  ...rowsOf("reload-http", byName(["POST", "PUT", "PATCH"]), (method) =>
    reloadOf(`reload-${method}`, { type: "http", method, url: { env: "SERVER_URL" } }, rotated),
  ),
  ...rowsOf("reload", byName(signals), (signal) =>
    reloadOf(`reload-${signal}`, { type: "signal", pidFile: "pid", signal, stopped: "ignore" }, rotated),
  ),
  "reload-present": reloadOf("reload-present", { type: "signal", pidFile: "pid", stopped: "fail" }, rotated),
  ...rowsOf("reload-docker", byName(["recreate", "restart", "signal"]), (action) =>
    reloadOf(
      `reload-docker-${action}`,
      { type: "docker", container: "app", action, socketPath: "docker.sock" },
      /^ROTATE_PREFLIGHT_/,
    ),
  ),
  ...rowsOf("reload-rollout", byName(["deployment", "statefulset", "daemonset"]), (kind) =>
    reloadOf(`reload-${kind}`, { type: "kubernetes-rollout", kind, ...cluster }, refused("PREFLIGHT")),
  ),
  "reload-turn": {
    ...reloadOf("reload-turn", { type: "exec", command: ["true"], group: { name: "turns" } }, refused("RELOAD")),
    groups: { turns: { type: "kubernetes-lease", ...cluster, deadAfter: "5s" } },
  },
  ...rowsOf("reload-systemd", byName(["restart", "reload", "reload-or-restart"]), (action) =>
    reloadOf(
      `reload-systemd-${action}`,
      { type: "systemd", unit: "app.service", action, scope: "system" },
      /^ROTATE_PREFLIGHT_/,
    ),
  ),
  "reload-systemd-user": reloadOf(
    "reload-systemd-user",
    { type: "systemd", unit: "app.service", scope: "user" },
    /^ROTATE_PREFLIGHT_/,
  ),
};

const database = { type: "postgres", host: "127.0.0.1", port: 1, user: "app", password: token };
const probes: Rows = {
  ...rowsOf("probe-http", byName(["GET", "HEAD", "POST"]), (method) => ({
    verify: [{ type: "http", method, url: { env: "SERVER_URL" } }],
    ends: rotated,
  })),
  "probe-tcp": { verify: [{ type: "tcp", port: 1, within: "1s" }], ends: refused("VERIFY") },
  "probe-exec": { verify: [{ type: "exec", command: ["true"] }], ends: rotated },
  ...rowsOf("probe-postgres", byName(["verify-full", "require", "disable"]), (tls) => ({
    verify: [{ ...database, tls, within: "1s" }],
    ends: refused("VERIFY"),
  })),
};

const mail = {
  type: "email",
  host: "127.0.0.1",
  port: 1,
  from: "rotate@example.com",
  to: ["ops@example.com"],
  after: 1,
};
const toldOf = (notify: Options) => ({ notify: [notify], ends: rotated });
const notifiers: Rows = {
  "notify-exec": toldOf({ type: "exec", command: ["true"], after: 1 }),
  ...rowsOf("notify-http", byName(["json", "slack"]), (format) =>
    toldOf({ type: "http", format, url: { env: "SERVER_URL" }, after: 1 }),
  ),
  ...rowsOf("notify-email", byName(["starttls", "tls", "none"]), (encryption) => toldOf({ ...mail, encryption })),
};

const endpoints: Rows = {
  "serve-http": {
    sinks: [published("serve-http")],
    serve: { http: { type: "http", rotation: ["serve-http"], listen: { socket: "http.sock" } } },
    ends: rotated,
  },
  "serve-aws": {
    ...fromAws,
    sinks: [{ type: "env", values: { KEY: "{{ accessKeyId }}" } }],
    serve: {
      aws: { type: "aws-container", rotation: "serve-aws", listen: { port: 9911 }, tokenFile: { path: "aws-token" } },
    },
    ends: rotated,
  },
  "serve-imds": {
    ...fromAws,
    sinks: [{ type: "env", values: { KEY: "{{ accessKeyId }}" } }],
    serve: {
      imds: { type: "aws-imds", rotation: "serve-imds", listen: { port: 9914 }, access: "any-local-user" },
    },
    ends: rotated,
  },
  "serve-google": {
    sinks: [published("serve-google")],
    serve: {
      google: {
        type: "gce-metadata",
        rotation: "serve-google",
        listen: { port: 9912 },
        uids: ["0"],
        email: "app@p.iam.gserviceaccount.com",
        project: "p",
      },
    },
    ends: rotated,
  },
  "serve-azure": {
    sinks: [published("serve-azure")],
    serve: {
      azure: {
        type: "azure-app-service",
        rotation: "serve-azure",
        listen: { port: 9913 },
        resource: "https://vault.azure.net",
        header: { env: "IDENTITY_HEADER" },
      },
    },
    ends: rotated,
  },
  ...rowsOf(
    "serve-postgres",
    { usual: ["mint", "close"], other: ["report", "cancel"] },
    ([onRefused, onClientGone]) => ({
      sinks: [published(`serve-postgres-${onRefused}`)],
      serve: {
        [`postgres-${onRefused}`]: {
          type: "postgres",
          rotation: `serve-postgres-${onRefused === "mint" ? "usual" : "other"}`,
          listen: { socket: `${onRefused}/.s.PGSQL.5432` },
          upstream: { host: "db.example.com" },
          login: { user: "app", password: token },
          onRefused,
          onClientGone,
        },
      },
      ends: rotated,
    }),
  ),
};

export const local: Rows = { ...issuers, ...commands, ...sinks, ...reloads, ...probes, ...notifiers, ...endpoints };
