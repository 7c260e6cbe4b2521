import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { notifierContract, secretRef } from "@rotate/testkit";
import { describe, test } from "vitest";
import { emailNotifier } from "../src/email-notifier.ts";
import { login, no, startMailServer } from "./support/mail-server.ts";

notifierContract(
  { describe, test },
  {
    notifier: emailNotifier,
    start: async () => {
      let refuses = false;
      const server = await startMailServer({
        onRcptTo: (_address, _session, done) => (refuses ? done(no(550)) : done()),
      });
      const silent = createServer();
      await once(silent.listen(0, "127.0.0.1"), "listening");
      const options: Record<string, unknown> = {
        host: "127.0.0.1",
        port: server.port,
        ca: server.ca,
        username: login.username,
        password: secretRef(login.password),
        from: "rotate <rotate@web-1.example>",
        to: ["ops@example.com"],
      };
      return {
        options,
        secrets: [login.password],
        server,
        refuse: () => void (refuses = true),
        hang: () => void (options["port"] = (silent.address() as AddressInfo).port),
        async close() {
          silent.close();
          await server.close();
        },
      };
    },
    received: ({ server }) => server.mails.map(({ text }) => text),
    refuse: ({ refuse }) => refuse(),
    hang: ({ hang }) => hang(),
  },
);
