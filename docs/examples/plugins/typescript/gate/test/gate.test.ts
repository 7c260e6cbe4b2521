import { probeContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { probe } from "../src/gate.ts";
import { harness } from "./gate.harness.ts";

probeContract({ describe, test }, { ...harness, probe });
