import type { FoundLogin, Machine } from "@rotate/plugin-kit";

/** The tag that every virtual machine of Azure bears (systemd, detect-virt). */
const azureTag = "7783-7084-3265-9085-8269-3286-77";

/** What this machine could log in to Entra ID with: the variables of EnvironmentCredential and workload identity, else the machine's own identity. */
export async function loginsOf({ env, read }: Machine): Promise<readonly FoundLogin[]> {
  const tag = (await read("/sys/class/dmi/id/chassis_asset_tag"))?.trim();
  const clientId = { env: "AZURE_CLIENT_ID" };
  const tenantId = env["AZURE_TENANT_ID"] ? { tenantId: { env: "AZURE_TENANT_ID" } } : {};
  return [
    ...(env["AZURE_CLIENT_ID"] && env["AZURE_CLIENT_SECRET"]
      ? [
          {
            label: "the app of AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            options: {
              ...tenantId,
              auth: { method: "client-secret", clientId, clientSecret: { env: "AZURE_CLIENT_SECRET" } },
            },
          },
        ]
      : []),
    ...(env["AZURE_FEDERATED_TOKEN_FILE"]
      ? [{ label: "the workload identity of this pod", options: { ...tenantId, auth: { method: "federated" } } }]
      : []),
    ...(env["IDENTITY_ENDPOINT"] || tag === azureTag
      ? [{ label: "the managed identity of this machine", options: { auth: { method: "managed-identity" } } }]
      : []),
  ];
}
