export { type DockerDouble, type DockerDoubleOptions, startDockerDouble } from "./double.ts";
export type { ContainerRecord, ImageRecord, RunOptions, StartBehaviour } from "./types.ts";
