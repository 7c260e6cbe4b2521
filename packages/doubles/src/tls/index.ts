export {
  createCertificateAuthority,
  type CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from "./authority.ts";
export { refusing, startTlsTrials, trusting, type TlsTrial, type TlsTrialName, type TlsTrials } from "./trials.ts";
