import type { Call, LoginResult, Services } from "../call.ts";
import type { AuthMethod } from "../types.ts";
import { createAppRoleLogin } from "./approle.ts";
import { createAwsLogin } from "./aws.ts";
import { createCertLogin } from "./cert.ts";
import { createJwtLogin } from "./jwt.ts";
import { createKubernetesLogin } from "./kubernetes.ts";
import { createUserpassLogin } from "./userpass.ts";

/** Who logged in by this method. Refuses as the server does. */
export type LoginRoute = (call: Call) => LoginResult | Promise<LoginResult>;

/** The login of one mount. */
export function createLogin(method: AuthMethod, services: Services): LoginRoute {
  switch (method.type) {
    case "approle":
      return createAppRoleLogin(method, services);
    case "kubernetes":
      return createKubernetesLogin(method, services.options.vendor);
    case "jwt":
      return createJwtLogin(method, services);
    case "userpass":
      return createUserpassLogin(method);
    case "cert":
      return createCertLogin(method, services.options.vendor);
    case "aws":
      return createAwsLogin(method, services);
  }
}
