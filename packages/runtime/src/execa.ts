/** What of execa is used. In the published package it stands here whole, so that nothing has to be installed beside it (scripts/take-in-execa.ts). */
export { execa } from "execa";
