import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { ObjectSchema } from "@rotate/plugin-kit";
import { createTestContext, type TestContext, type TestContextOptions } from "@rotate/testkit";
import { afterEach } from "vitest";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

interface Received {
  readonly method: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A server on a real socket that keeps what it was sent and answers with `answer`. */
export async function startReceiver(answer: RequestListener = (_request, response) => response.end("ok")) {
  const received: Received[] = [];
  async function take(...[request, response]: Parameters<RequestListener>): Promise<void> {
    received.push({ method: request.method, headers: request.headers, body: await bodyOf(request) });
    answer(request, response);
  }
  const server = createServer((request, response) => void take(request, response));
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, port, received, close: () => server.close() };
}

/** A context with the schema's defaults filled in. */
export function contextFor(
  part: { readonly options: ObjectSchema },
  options: object,
  more: Omit<TestContextOptions<unknown, unknown>, "options" | "schema"> = {},
): TestContext {
  return createTestContext({ ...more, options, schema: part.options });
}
