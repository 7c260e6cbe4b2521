/** What the Docker Engine refuses, and what each refusal means. */
import { meanings, type Refusals } from "@rotate/plugin-kit";

const { conflict, denied, failed, invalid, limited, missing, raced, refused, refusedYet, stranger, wait } = meanings;

const log = "see the log of the Docker Engine";

/** Statuses by the Engine API (docs.docker.com/reference/api/engine); the words are the daemon's (moby daemon/ and errdefs). */
export const refusals: Refusals = [
  { ...missing, status: 404, said: /no such image/i, hint: "its image is gone from this host: `docker pull` it again" },
  { ...missing, status: 404, said: /network .*not found/i, hint: "a network of it is gone: create it again" },
  { ...missing, status: 404, hint: "check the name with `docker ps -a`" },
  {
    ...raced,
    status: 409,
    said: /already in progress|marked for removal|is restarting/i,
    hint: "somebody else is at it: the next try looks again",
  },
  {
    ...conflict,
    status: 409,
    said: /name .*already in use/i,
    hint: "remove the container that has its name, or rename it",
  },
  { ...conflict, status: 409, said: /is paused/i, hint: "`docker unpause` it" },
  { ...conflict, status: 409, said: /is not running/i, hint: "`docker start` it: only one that runs can be signalled" },
  { ...denied, status: 403, hint: "an authorization plugin of the engine does not allow it: ask whoever runs that" },
  { ...limited, status: 429, hint: log },
  {
    ...refusedYet,
    status: 500,
    said: /port is already allocated|address already in use/i,
    hint: "something else holds its port: see `docker ps` and `ss -ltnp`",
  },
  {
    ...refusedYet,
    status: 500,
    said: /no space left on device|disk quota exceeded/i,
    hint: "free space for the engine: `docker system df`",
  },
  {
    ...refused,
    status: 500,
    said: /executable file not found|exec format error|permission denied: unknown|invalid mount/i,
    hint: "its command, user or mounts cannot work on this host: correct the container",
  },
  { ...wait, status: 503, hint: log },
  { ...failed, status: [500, 599], hint: log },
  { ...denied, status: 401, hint: log },
  { ...conflict, status: 409, hint: log },
  { ...invalid, status: [400, 499], hint: log },
  { ...stranger, hint: "is this the Docker Engine's socket?" },
];
