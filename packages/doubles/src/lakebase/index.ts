export { createLakebaseGateway } from "./gateway.ts";
export type {
  GatewayRole,
  LakebaseGateway,
  LakebaseGatewayOptions,
  LoginFault,
  LoginRecord,
  SessionRecord,
  VerifiedToken,
} from "./types.ts";
export type { Refusal } from "./wire.ts";
