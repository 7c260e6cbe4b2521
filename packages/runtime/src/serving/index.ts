/** How endpoints listen: on a Unix socket or a port of this machine, for those who may connect. Loaded when something is served. */
export { createHttpEndpoint, type HttpEndpoint, type HttpEndpointOptions } from "./http-endpoint.ts";
export { openListener, type Listener, type ListenerOptions, type PortPlace } from "./listener.ts";
export type { SocketPlace } from "./unix-socket.ts";
export { leanSocket } from "./lean-socket.ts";
