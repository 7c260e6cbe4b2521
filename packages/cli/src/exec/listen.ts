import * as net from "node:net";
import { EngineError } from "@rotate/core";
import { UsageError } from "../failure.ts";

/** An address that is bound once for all generations of a command. */
export interface ListenAddress {
  /** For `LISTEN_FDNAMES`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A bound socket: nobody here listens or accepts on it, else it would take connections away from the command. */
export interface BoundAddress {
  readonly name: string;
  readonly fd: number;
}

/** Reads `[NAME=]HOST:PORT`. Throws UsageError. */
export function readListen(text: string): ListenAddress {
  const found = /^(?:([\w.-]+)=)?\[?([^\]=]+?)\]?:(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535)
    throw new UsageError(`--listen ${text} is no address`, "write it like 127.0.0.1:8080 or web=[::1]:8080");
  return { name: found[1] ?? "unknown", host: found[2] ?? "", port };
}

interface Handle {
  readonly fd: number;
}
/** Node's own way to bind for others: public from 24 on, before that the one that its `cluster` uses. */
interface Binding {
  readonly BoundSocket?: new (options: { readonly host: string; readonly port: number }) => {
    readonly fd: () => number;
  };
  readonly _createServerHandle?: (host: string, port: number, family: 4 | 6) => Handle | number;
}

/** What must not be collected as long as the process lives: with the handle the socket would go. */
const kept: unknown[] = [];

/** Binds an address. Throws EngineError `ROTATE_LISTEN` when it cannot be had. */
export function bindAddress({ name, host, port }: ListenAddress): BoundAddress {
  try {
    return { name, fd: bind(host, port) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new EngineError(`cannot bind ${host}:${port} (${code ?? message})`, {
      code: "ROTATE_LISTEN",
      exitCode: 2,
      hint: code === "EADDRINUSE" ? "end what listens there, or name another port" : "name an address of this machine",
      cause: error,
    });
  }
}

function bind(host: string, port: number): number {
  const { BoundSocket, _createServerHandle: create } = net as Binding;
  if (BoundSocket !== undefined) {
    const socket = new BoundSocket({ host, port });
    kept.push(socket);
    return socket.fd();
  }
  const handle = create?.(host, port, net.isIPv6(host) ? 6 : 4);
  if (typeof handle !== "object") throw Object.assign(new Error(`error ${handle}`), { code: nameOf(handle) });
  kept.push(handle);
  return handle.fd;
}

function nameOf(errno: number | undefined): string | undefined {
  return { [-98]: "EADDRINUSE", [-99]: "EADDRNOTAVAIL", [-13]: "EACCES" }[errno ?? 0];
}
