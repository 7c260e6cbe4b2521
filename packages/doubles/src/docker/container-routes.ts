import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { nameFault } from "./create-routes.ts";
import type { ContainerRecord } from "./types.ts";
import { inspectionOf, refusal, startContainer, type World } from "./world.ts";

/** One call about one container. */
interface ContainerCall {
  readonly world: World;
  readonly container: ContainerRecord;
  readonly request: DoubleRequest;
}
type Handler = (call: ContainerCall) => DoubleAnswer;

const done: DoubleAnswer = { status: 204 };
const nothingToDo: DoubleAnswer = { status: 304 };

function hostPorts({ hostConfig }: ContainerRecord): readonly string[] {
  const bindings = (hostConfig["PortBindings"] ?? {}) as Readonly<
    Record<string, readonly { readonly HostPort: string }[]>
  >;
  return Object.values(bindings).flatMap((list) => list.map(({ HostPort }) => HostPort));
}

function start({ world, container }: ContainerCall): DoubleAnswer {
  if (container.status === "running") return nothingToDo;
  const others = [...world.containers.values()].filter(({ id, status }) => id !== container.id && status === "running");
  const taken = hostPorts(container).find((port) => others.some((other) => hostPorts(other).includes(port)));
  if (taken !== undefined) {
    return refusal(
      500,
      `driver failed programming external connectivity on endpoint ${container.name}: Bind for 0.0.0.0:${taken} failed: port is already allocated`,
    );
  }
  startContainer(world, container);
  return done;
}

function stop({ world, container }: ContainerCall): DoubleAnswer {
  if (container.status !== "running") return nothingToDo;
  world.save({ ...container, status: "exited", exitCode: 0 });
  if (container.hostConfig["AutoRemove"] === true) world.containers.delete(container.id);
  return done;
}

function restart({ world, container }: ContainerCall): DoubleAnswer {
  startContainer(world, { ...container, status: "exited" });
  return done;
}

const signals = new Set(["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGTERM", "SIGKILL", "SIGQUIT", "SIGWINCH"]);

function kill({ world, container, request }: ContainerCall): DoubleAnswer {
  const signal = request.query.get("signal") ?? "SIGKILL";
  if (!signals.has(signal)) return refusal(400, `invalid signal: ${signal}`);
  if (container.status !== "running")
    return refusal(409, `cannot kill container: ${container.name}: container ${container.id} is not running`);
  world.save({ ...container, signals: [...container.signals, signal] });
  return done;
}

function rename({ world, container, request }: ContainerCall): DoubleAnswer {
  const name = request.query.get("name") ?? "";
  const fault = nameFault(world, name);
  if (fault !== undefined) return fault;
  world.save({ ...container, name });
  return done;
}

function remove({ world, container, request }: ContainerCall): DoubleAnswer {
  const force = ["1", "true"].includes(request.query.get("force") ?? "");
  if (container.status === "running" && !force) {
    return refusal(
      409,
      `cannot remove container "${container.name}": container is running: stop the container before removing or force remove`,
    );
  }
  world.containers.delete(container.id);
  return done;
}

/** The stream format of a container without a terminal: one header of 8 bytes, then the text. */
function logs({ container }: ContainerCall): DoubleAnswer {
  const text = `${container.name} says: password authentication failed\n`;
  return {
    status: 200,
    body: `\u0002\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`,
    headers: { "content-type": "application/vnd.docker.multiplexed-stream" },
  };
}

/** By method and the last word of the path. */
export const containerRoutes: Readonly<Record<string, Handler>> = {
  "GET json": ({ world, container }) => ({ status: 200, body: inspectionOf(world, container) }),
  "GET logs": logs,
  "POST start": start,
  "POST stop": stop,
  "POST restart": restart,
  "POST kill": kill,
  "POST rename": rename,
  "DELETE ": remove,
};
