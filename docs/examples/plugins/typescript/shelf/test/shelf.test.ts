import { sinkContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { sink } from "../src/shelf.ts";
import { harness } from "./shelf.harness.ts";

sinkContract({ describe, test }, { ...harness, sink });
