import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { homeDirectory } from "../src/home.ts";

test("the home is what HOME says; without it, or with one that is empty or relative, what the passwd entry says", () => {
  expect(homeDirectory({ HOME: "/home/of/mine" })).toBe("/home/of/mine");
  expect(homeDirectory({})).toBe(userInfo().homedir);
  expect(homeDirectory({ HOME: "" })).toBe(userInfo().homedir);
  expect(homeDirectory({ HOME: "here" })).toBe(userInfo().homedir);
});
