import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { get as getSecurely } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { createCertificateAuthority } from "@rotate/doubles";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { folderWith, resultOf, start } from "../support.ts";
import { get } from "./support.ts";

function specWith(names: readonly string[], more: readonly string[] = []): string {
  return [
    "version: 1",
    "name: seen",
    ...more,
    "providers: { local: { type: jwt, issuer: me, key: { path: key.pem } } }",
    "rotations:",
    ...names.map(
      (name) =>
        `  ${name}: { provider: local, sinks: [{ type: file, path: ${name}, values: { content: "{{ token }}" } }] }`,
    ),
  ].join("\n");
}

interface Watching {
  readonly child: ChildProcess;
  readonly url: string;
  /** Where kubelets ask; absent: nowhere. */
  readonly health?: string;
}

/** A real `rotate watch`, once it says where it listens. */
async function watch(folder: string, ...flags: readonly string[]): Promise<Watching> {
  const child = start(["watch", ...flags], { cwd: folder });
  onTestFinished(() => void child.kill("SIGKILL"));
  const isAsked = flags.includes("--listen-health");
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const [, url] = /the page is at (https?:\S+)/.exec(said) ?? [];
      const [, health] = /startupz are at (http:\S+)/.exec(said) ?? [];
      if (url !== undefined && (health !== undefined || !isAsked)) resolve({ child, url, ...(health && { health }) });
    });
    child.once("close", () => reject(new Error(said)));
  });
}

async function seriesOf(url: string): Promise<readonly string[]> {
  const { text } = await get(`${url}/metrics`);
  return text.split("\n").filter((line) => line.startsWith("rotate_rotations_total") && line.includes('"rotated"'));
}

describe("rotate watch --listen", () => {
  test("shows what it does, keeps its counters through a new spec, and drops the series of what left it", async () => {
    const folder = folderWith({ "rotate.yaml": specWith(["one", "two"]) });
    const { url } = await watch(folder, "--listen", "0");
    await vi.waitFor(async () => expect((await get(`${url}/readyz/two`)).status).toBe(200), 10_000);
    const detail = await vi.waitFor(async () => {
      const answer: unknown = (await get(`${url}/api/v1/rotations/one`)).json();
      expect(answer).toMatchObject({
        rotation: { name: "one", state: "fresh", sinks: [{ type: "file", keys: ["content"], result: "written" }] },
        attempts: [{ outcome: "rotated" }], // kept when the claim is given back
      });
      return answer;
    }, 10_000);
    expect(JSON.stringify(detail)).not.toContain(readFileSync(join(folder, "one"), "utf8").trim());
    writeFileSync(join(folder, "rotate.yaml"), specWith(["one", "three"]));
    const series = [
      'rotate_rotations_total{rotation="one",provider="local",outcome="rotated"} 1',
      'rotate_rotations_total{rotation="three",provider="local",outcome="rotated"} 1',
    ];
    await vi.waitFor(async () => expect(await seriesOf(url)).toEqual(series), 30_000);
    expect((await get(`${url}/readyz/three`)).status).toBe(200);
  });

  test("tells who follows what it does as it does it, and a kubelet how it stands without a name", async () => {
    const folder = folderWith({ "rotate.yaml": specWith(["one"]) });
    const { url, health } = await watch(folder, "--listen", "0", "--listen-health", "127.0.0.1:0");
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const { body } = await fetch(`${url}/api/v1/events`, { signal: leaving.signal });
    let heard = "";
    void body
      ?.pipeThrough(new TextDecoderStream())
      .pipeTo(new WritableStream({ write: (part) => void (heard += part) }))
      .catch(() => undefined);
    await vi.waitFor(() => expect(heard).toContain("event: snapshot"), 10_000);
    writeFileSync(join(folder, "rotate.yaml"), specWith(["one", "two"]));
    await vi.waitFor(() => expect(heard).toMatch(/event: patch\ndata: .*"name":"two".*"state":"fresh"/), 30_000);
    const answers = await Promise.all(["/livez", "/readyz", "/readyz/one"].map((path) => get(`${health}${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
    expect(answers.map(({ text }) => text).join()).not.toMatch(/one|two/);
  });

  test("says that a port is taken before anything is begun", async () => {
    const folder = folderWith({ "rotate.yaml": specWith(["one"]) });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await resultOf(start(["watch", "--listen", String(port)], { cwd: folder }));
    expect(code).toBe(2);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
    expect(stderr).toContain("choose another port");
    expect(stderr).not.toContain("rotating");
  });

  test("answers other machines by TLS and with the token only", async () => {
    const authority = createCertificateAuthority();
    const { cert, key } = authority.issue({ hosts: ["127.0.0.1"] });
    const listen = "monitor: { listen: { tls: { cert: tls.crt, key: tls.key }, token: { file: token } } }";
    const files = { "tls.crt": cert, "tls.key": key, token: "let-me-see-it\n" };
    const folder = folderWith({ "rotate.yaml": specWith(["one"], [listen]), ...files });
    const { url } = await watch(folder, "--listen", "0.0.0.0:0");
    const asked = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
      new Promise((resolve, reject) =>
        getSecurely(
          `${url.replace("0.0.0.0", "127.0.0.1")}/livez`,
          { ca: authority.ca, headers, agent: false },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        ).on("error", reject),
      );
    expect(url).toMatch(/^https:/);
    expect(await asked({})).toBe(401);
    expect(await asked({ authorization: "Bearer let-me-see-it" })).toBe(200);
    await expect(get(url.replace("https", "http").replace("0.0.0.0", "127.0.0.1"))).rejects.toThrow(
      /socket hang up|ECONNRESET/,
    );
  });

  test("refuses other machines without, with what to write", async () => {
    const folder = folderWith({ "rotate.yaml": specWith(["one"]) });
    const { code, stderr } = await resultOf(start(["watch", "--listen", "0.0.0.0:0"], { cwd: folder }));
    expect([code, stderr.includes("needs TLS and a token")]).toEqual([2, true]);
  });
});
