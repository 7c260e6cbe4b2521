import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { notifierContract, probeContract, reloadContract, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { httpNotifier } from "../src/http-notifier.ts";
import { httpProbe } from "../src/http-probe.ts";
import { httpReload } from "../src/http-reload.ts";
import { tcpProbe } from "../src/tcp-probe.ts";
import { startReceiver } from "./support/receiver.ts";

const secret = "s3cret-of-the-contract";

/** A receiver that can be told to refuse, or to say nothing. */
async function startStage() {
  let mood: "fine" | "refusing" | "silent" = "fine";
  const receiver = await startReceiver((_request, response) => {
    if (mood !== "silent") response.writeHead(mood === "fine" ? 200 : 500).end(`ok ${secret}`);
  });
  return {
    receiver,
    options: { url: receiver.url, bearer: secretRef(secret) },
    secrets: [secret],
    become: (next: typeof mood) => {
      mood = next;
    },
  };
}

reloadContract(
  { describe, test },
  {
    reload: httpReload,
    start: startStage,
    count: ({ receiver }) => receiver.received.length,
    refuse: ({ become }) => become("refusing"),
    hang: ({ become }) => become("silent"),
  },
);

probeContract(
  { describe, test },
  {
    probe: httpProbe,
    start: startStage,
    refuse: ({ become }) => become("refusing"),
    hang: ({ become }) => become("silent"),
  },
);

probeContract(
  { describe, test },
  {
    probe: tcpProbe,
    start: async () => {
      const server = createServer((socket) => socket.end());
      await once(server.listen(0, "127.0.0.1"), "listening");
      return { server, options: { port: (server.address() as AddressInfo).port }, close: () => void server.close() };
    },
    refuse: async ({ server }) => {
      await once(server.close(), "close");
    },
  },
);

notifierContract(
  { describe, test },
  {
    notifier: httpNotifier,
    start: startStage,
    received: ({ receiver }) => receiver.received.map(({ body }) => String(JSON.parse(body).text)),
    refuse: ({ become }) => become("refusing"),
    hang: ({ become }) => become("silent"),
  },
);
