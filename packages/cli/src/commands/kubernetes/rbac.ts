import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base-command.ts";

/** What `rotate kubernetes rbac` takes and says of itself; actions/kubernetes-rbac.ts does it. */
export class KubernetesRbac extends BaseCommand<typeof KubernetesRbac> {
  static override summary =
    "Print the Roles and RoleBindings that the spec needs in a Kubernetes cluster, and no more.";
  static override description = `Asks no cluster. What the Secrets, tokens and rollouts of the spec have to do is put into one Role for each namespace, each bound to the service account that rotate runs as. When the spec changes, print them again.

Exit codes: 0 printed, also when the spec works in no cluster; 2 usage or spec error.`;
  static override examples = [
    {
      description: "apply them",
      command: "<%= config.bin %> kubernetes rbac --service-account backstage/rotate | kubectl apply -f -",
    },
    {
      description: "for somebody who is no service account",
      command: "<%= config.bin %> kubernetes rbac --user ops@example.com",
    },
  ];
  static override flags = {
    "service-account": Flags.string({
      helpValue: "[NAMESPACE/]NAME",
      description: "who rotate is in the cluster (default rotate, in the one namespace of the spec)",
      exclusive: ["user"],
    }),
    user: Flags.string({ helpValue: "NAME", description: "who rotate is, when it is no service account" }),
    cluster: Flags.string({ helpValue: "WORDS", description: "which, when the parts of the spec name several" }),
    name: Flags.string({ helpValue: "NAME", default: "rotate", description: "of the Roles and their bindings" }),
  };

  override async run(): Promise<unknown> {
    const { kubernetesRbac } = await import("../../actions/index.ts");
    return kubernetesRbac(await this.input());
  }
}
