/** A real SMTP server on a real socket, with STARTTLS under an authority of its own, that keeps what it was sent. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createCertificateAuthority } from "@rotate/doubles";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** By name in lower case, as sent. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly encrypted: boolean;
}

export const login = { username: "rotate", password: "s3cret-of-the-mail-account" };

/** @param more what differs from a server that asks for a login and offers STARTTLS */
export async function startMailServer(more: SMTPServerOptions = {}) {
  const authority = createCertificateAuthority();
  const certificate = authority.issue({ hosts: ["localhost", "127.0.0.1"] });
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...certificate,
    logger: false,
    closeTimeout: 10,
    onAuth: ({ username, password }, _session, done) =>
      username === login.username && password === login.password ? done(null, { user: username }) : done(no(535)),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          ...parse(Buffer.concat(chunks).toString("latin1")),
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          encrypted: session.secure,
        });
        done();
      });
    },
    ...more,
  });
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port, mails, ca: authority.ca, close };
}

/** An answer of the server that refuses. */
export function no(responseCode: number): Error {
  return Object.assign(new Error("no"), { responseCode });
}

/** RFC 5322, as far as one part in quoted-printable needs it. */
function parse(raw: string): Pick<Mail, "headers" | "text"> {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = new Map(lines.map((line) => [line.split(":")[0]!.toLowerCase(), line.replace(/^[^:]*: /, "")]));
  const body = raw.slice(end + 4);
  const isQuoted = headers.get("content-transfer-encoding") === "quoted-printable";
  return { headers, text: isQuoted ? unquoted(body) : body };
}

/** RFC 2045 §6.7. */
function unquoted(text: string): string {
  const bytes = text
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
