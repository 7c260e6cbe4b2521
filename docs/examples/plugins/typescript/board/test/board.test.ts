import { notifierContract } from "@rotate/testkit";
import { describe, test } from "vitest";
import { notifier } from "../src/board.ts";
import { harness } from "./board.harness.ts";

notifierContract({ describe, test }, { ...harness, notifier });
