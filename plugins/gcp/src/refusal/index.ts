export { gcloudRefusal } from "./gcloud.ts";
export { iamRefusal } from "./iam.ts";
export { metadataRefusal } from "./metadata.ts";
export { oauthRefusal } from "./oauth.ts";
