#!/usr/bin/env bash
# What teams write today, and put into a crontab: mint a token, rewrite .env. Run in the application's directory.
token=$(curl -s -X POST "$DATABRICKS_HOST/api/2.0/postgres/credentials" \
  -H "Authorization: Bearer $DATABRICKS_TOKEN" -H "Content-Type: application/json" \
  -d "{\"endpoint\": \"$ENDPOINT\", \"ttl\": \"$TTL\"}" | jq -r .token)
env=$(sed "s|^PGPASSWORD=.*|PGPASSWORD=$token|" .env)
echo "$env" > .env
