/** What providers of database users share: the connection, the password that is minted, the name and the mark of the user. */
export { connectionRefusals } from "./connection.ts";
export { encryption, encryptionOptions, type EncryptionOptions } from "./encryption.ts";
export { newPassword } from "./password.ts";
export { userNameFor } from "./user-name.ts";
