export {
  createCertificateAuthority,
  type CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from "./authority.ts";
export { startTlsTrials, tlsTrialNames, type TlsTrial, type TlsTrialName, type TlsTrials } from "./trials.ts";
