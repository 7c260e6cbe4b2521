export { awsFaults, createAwsDouble } from "./double.ts";
export { createAwsMetadataDouble, type AwsMetadataDouble, type AwsMetadataOptions } from "./metadata.ts";
export type {
  AwsCredentialTexts,
  AwsDouble,
  AwsDoubleOptions,
  AwsMint,
  AwsRole,
  AwsUser,
  IdentityProvider as AwsIdentityProvider,
} from "./types.ts";
