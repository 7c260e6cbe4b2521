/** The ways in which leases live that issuers are known for. */
import { day, hour, minute, second, type Shape } from "./scenario.ts";

export const shapes: readonly Shape[] = [
  { name: "plain 20s", life: 20 * second },
  { name: "plain 60s", life: minute },
  { name: "plain 4m", life: 4 * minute },
  { name: "plain 15m", life: 15 * minute },
  { name: "plain 1h", life: hour },
  { name: "plain 12h", life: 12 * hour },
  { name: "renew 20s/60s", life: 20 * second, maxTtl: minute },
  { name: "renew 60s/20m", life: minute, maxTtl: 20 * minute },
  { name: "renew 1h/24h", life: hour, maxTtl: day },
  { name: "renew ttl 1h/24h", life: hour, maxTtl: day, ttl: hour },
  { name: "renew 20m/24h login 2h", life: 20 * minute, maxTtl: day, login: 2 * hour },
  { name: "cached 12m", life: 12 * minute, cache: 30 * second },
  { name: "cached 1h", life: hour, cache: 30 * second },
  { name: "static 60s", life: minute, period: minute },
  { name: "static 20m", life: 20 * minute, period: 20 * minute },
  { name: "static 24h", life: day, period: day },
  { name: "kv every 5m", life: Infinity, changes: 7 * hour, every: 5 * minute },
  { name: "kills 1h", life: hour, kills: true },
  { name: "capped 1h→30m", life: hour, ttl: hour, shrinks: 2 * day },
  { name: "login 90s", life: hour, login: 90 * second },
  { name: "login 20m", life: hour, login: 20 * minute },
  { name: "every 50m of 1h", life: hour, every: 50 * minute },
];

export function shapeNamed(name: string): Shape {
  const shape = shapes.find((each) => each.name === name);
  if (shape) return shape;
  throw new Error(`no shape is named ${name}`);
}
