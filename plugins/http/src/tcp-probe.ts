import { once } from "node:events";
import { connect } from "node:net";
import { defineProbe, type ErrorDetails, RotateError } from "@rotate/plugin-kit";

/** Opens a TCP connection and closes it again. It shows that something listens, no more. */
export const tcpProbe = defineProbe({
  type: "tcp",
  scope: "anywhere",
  options: {
    type: "object",
    properties: {
      host: { type: "string", minLength: 1, template: true, default: "127.0.0.1" },
      port: { type: "integer", minimum: 1, maximum: 65535 },
    },
    required: ["port"],
  },

  async run({ options: { host, port }, signal }) {
    const socket = connect({ host, port });
    try {
      await once(socket, "connect", { signal });
    } catch (cause) {
      throw connectError(`${host}:${port}`, signal.aborted ? "ABORT" : (cause as NodeJS.ErrnoException).code);
    } finally {
      socket.destroy();
    }
  },
});

const readings: Readonly<Record<string, Pick<ErrorDetails, "code" | "hint">>> = {
  ABORT: { code: "TIMEOUT", hint: "a firewall may be dropping the packets; or give the probe more time" },
  ENOTFOUND: { code: "NOT_FOUND", hint: "check the host name and this machine's DNS" },
};

function connectError(place: string, code = "no reason given"): RotateError {
  const known = readings[code] ?? { code: "UNAVAILABLE", hint: "is the service running, and is the port right?" };
  return new RotateError(`no connection to ${place} (${code})`, { ...known, retryable: true });
}
