import { sinkContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { sink } from "../src/nomad-variable.ts";
import { harness } from "./nomad-variable.harness.ts";

sinkContract({ describe, test }, { ...harness, sink });
