export { clockShifter, shifted } from "./clock.ts";
export { createGate, type Gate, type Passing } from "./gate.ts";
export { startFront, type Fate, type Front } from "./front.ts";
export { redisProgram, startRedis, type Redis, type RedisOptions } from "./redis.ts";
export { startMoto, type Moto } from "./moto.ts";
export { openBaoProgram, startOpenBao, type OpenBao, type OpenBaoOptions } from "./openbao.ts";
export { freePort, startTethered, type Tethered, type TetheredOptions } from "./tethered.ts";
export { findProgram, pythonHome, pythonProgram, requirements, skippedWithout } from "./tools.ts";
