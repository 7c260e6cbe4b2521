export { gcloudRefusal, gcloudRefusals } from "./gcloud.ts";
export { iamRefusal, iamRefusals } from "./iam.ts";
export { metadataRefusal, metadataRefusals } from "./metadata.ts";
export { oauthRefusal, oauthRefusals } from "./oauth.ts";
