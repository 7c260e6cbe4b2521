/** What befalls a fleet beside kills: each lasts for a while, and kills go on meanwhile. */
import { setTimeout } from "node:timers/promises";
import type { Fleet } from "./world.ts";

/** One of them; resolves when it is over. */
export interface Trouble {
  readonly name: string;
  readonly befall: (fleet: Fleet) => Promise<void>;
  /** Afterwards only who starts can rotate. */
  readonly isDeployment?: boolean;
}

const second = 1_000;

function outage(seconds: number): Trouble {
  return {
    name: `the database is out of reach for ${seconds} s`,
    async befall({ wires }) {
      for (const wire of wires.values()) wire.shut();
      await setTimeout(seconds * second);
      for (const wire of wires.values()) wire.open();
    },
  };
}

function restart(how: "fast" | "immediate"): Trouble {
  return {
    name: `the database is restarted (${how})`,
    async befall({ postgres }) {
      postgres.restart(how);
      await setTimeout(5 * second);
    },
  };
}

/** One backend that dies by SIGKILL takes all sessions with it, and the server recovers from its log. */
const crash: Trouble = {
  name: "the database crashes",
  async befall({ postgres }) {
    const victim = await postgres.connect();
    victim.on("error", () => undefined);
    const { rows } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
    process.kill(rows[0]!.pid, "SIGKILL");
    await setTimeout(3 * second);
  },
};

const deployment: Trouble = {
  name: "another version of the spec for whoever starts from now on",
  isDeployment: true,
  async befall({ deploy }) {
    deploy();
    await setTimeout(10 * second);
  },
};

/** In this order, again and again. */
export const troubles: readonly Trouble[] = [
  outage(5),
  restart("fast"),
  deployment,
  outage(15),
  restart("immediate"),
  crash,
  outage(5),
  deployment,
  outage(60),
];
