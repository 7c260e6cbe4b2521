import { reloadContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { reload } from "../src/worker.ts";
import { harness } from "./worker.harness.ts";

reloadContract({ describe, test }, { ...harness, reload });
