/** Logins that need more of their surroundings: a certificate of the connection, and a cluster that vouches for a token. */
import { openBaoProgram } from "@rotate/doubles";
import { describeBoth } from "./scenarios/both.ts";
import { loginScenarios, loginSubject, startDoubleLogins, startRealLogins } from "./scenarios/vault-logins.ts";

describeBoth({
  name: "OpenBao",
  missing: openBaoProgram() === undefined ? "OpenBao" : undefined,
  double: startDoubleLogins,
  real: startRealLogins,
  subject: loginSubject,
  scenarios: loginScenarios,
});
