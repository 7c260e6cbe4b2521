export { gcloudRefusal, gcloudRefusals } from "./gcloud.ts";
export { apiRefusal, iamRefusal, iamRefusals } from "./iam.ts";
export { metadataRefusal, metadataRefusals } from "./metadata.ts";
export { oauthRefusal, oauthRefusals } from "./oauth.ts";
export { aliasRefusals, secretRefusals } from "./secret-manager.ts";
