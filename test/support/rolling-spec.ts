/** The spec of machines that restart their consumers in turn. @param head names the group `web`, and the state where there is one */
export function rollingSpec(head: string): string {
  return `version: 1
name: shop
${head}
providers: { issuer: { type: jwt, issuer: "https://issuer.example", key: { path: issuer.pem } } }
reloads:
  restart: { type: exec, command: [sh, restart.sh], timeout: 60s, group: { name: web } }
rotations:
  app:
    provider: issuer
    request: { subject: app, ttl: 1h }
    retry: { initial: 1h, max: 1h }
    sinks: [{ type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }]
    reload: [restart]
    health: [{ type: exec, command: [sh, health.sh], within: 1s }]
`;
}
