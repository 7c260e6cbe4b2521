import { providerContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { provider } from "../src/acme.ts";
import { harness } from "./acme.harness.ts";

providerContract({ describe, test }, { ...harness, provider });
