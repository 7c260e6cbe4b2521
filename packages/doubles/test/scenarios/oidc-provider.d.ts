/** As far as it is used here: the package brings no types. https://github.com/panva/node-oidc-provider */
declare module "oidc-provider" {
  import type { RequestListener } from "node:http";

  export default class Provider {
    constructor(issuer: string, configuration: object);
    readonly Client: { readonly find: (id: string) => Promise<object> };
    readonly Grant: new (of: object) => {
      readonly addOIDCScope: (scope: string) => void;
      readonly save: () => Promise<string>;
    };
    readonly RefreshToken: new (of: object) => { readonly save: () => Promise<string> };
    callback(): RequestListener;
  }
}
