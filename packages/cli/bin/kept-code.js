// Loads a CommonJS file with the code that an earlier run of the same command compiled, and keeps that of the first. Node's own cache knows only what is compiled
// before anything runs: with it each start compiles again what it calls (https://nodejs.org/api/vm.html#scriptcreatecacheddata). As a script such a file gives the
// function of a module, as a module it calls it (scripts/join-chunks.ts): its text is taken as it was read.
const fs = process.getBuiltinModule("node:fs");
const Module = process.getBuiltinModule("node:module");
const { dirname, join } = process.getBuiltinModule("node:path");
const { pathToFileURL } = process.getBuiltinModule("node:url");
const vm = process.getBuiltinModule("node:vm");

/** Bytes before the code: two sums and its length. */
const headLength = 12;

/**
 * Two sums, as of Fletcher, of a word in each 256 bytes: V8 takes what was cut short, or holds blocks of something else, for whole. They do not hold off somebody who
 * wants to deceive; the owner and the mode of the file do.
 */
function headOf(code) {
  const words = new Uint32Array(code.buffer, code.byteOffset, code.length >> 2);
  let first = code.length;
  let second = 0;
  for (let at = 0; at < words.length; at += 64) {
    first = (first + words[at]) | 0;
    second = (second + first) | 0;
  }
  const head = Buffer.alloc(headLength);
  head.writeInt32LE(first, 0);
  head.writeInt32LE(second, 4);
  head.writeUInt32LE(code.length, 8);
  return head;
}

/** A buffer of its own memory, so that its words are aligned. */
function bufferOf(length) {
  return Buffer.from(new ArrayBuffer(length));
}

/** Code runs with our rights: it is taken only from a file that is ours and that nobody else can write. Undefined: there is none that can be used. */
function readCode(path) {
  let descriptor;
  try {
    descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    const { uid, mode, nlink, size } = fs.fstatSync(descriptor);
    const isOurs = (mode & 0o170022) === 0o100000 && uid === process.geteuid() && nlink === 1;
    if (!isOurs || size <= headLength || size % 4 !== 0) return undefined;
    const [head, code] = [bufferOf(headLength), bufferOf(size - headLength)];
    fs.readvSync(descriptor, [head, code]);
    return headOf(code).equals(head) ? code : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** Put in its place when it is whole, and synced. What other versions left there goes. A cache that cannot be written only costs a slower start. */
function keepCode(folder, name, code) {
  const next = join(folder, `${name}.${process.pid}`);
  try {
    for (const other of fs.readdirSync(folder)) if (isOlder(other, name)) fs.unlinkSync(join(folder, other));
    writeWhole(next, [headOf(code), code]);
    fs.renameSync(next, join(folder, name));
  } catch {
    return;
  }
}

/** Throws when that cannot be done, and leaves nothing then. */
function writeWhole(path, parts) {
  const descriptor = fs.openSync(path, "wx", 0o600);
  try {
    const written = fs.writevSync(descriptor, parts);
    if (written !== parts.reduce((total, { length }) => total + length, 0)) throw new Error("the disk is full");
    fs.fsyncSync(descriptor);
  } catch (error) {
    fs.unlinkSync(path);
    throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

const ending = ".code";

/** Of the same command, of another version or half written. */
function isOlder(other, name) {
  const command = name.slice(0, name.indexOf("@"));
  return other.startsWith(`${command}@`) && other.includes(ending) && other !== name;
}

/** V8 compares no more of a text than its length. The first line of the file names the build. */
function versionOf(file, text) {
  const build = /^\/\/ ([0-9a-f]{16,})$/m.exec(text.slice(0, 80))?.[1].slice(0, 16);
  return build && `${build}-${Math.trunc(fs.statSync(file).mtimeMs)}-${process.version}-${process.arch}`;
}

/**
 * What a file exports, evaluated once: whoever requires it later gets the same.
 * @param file absolute
 * @param folder where code is kept: only this user can write there
 * @param command a name; each calls other parts of the file
 * @param isWarm asked at the exit: false when this run called what the next ones will not
 * @param onImport called before a module beside it is imported
 * @param onCompanion called before the file beside it is loaded
 */
exports.loadWithCode = function loadWithCode(file, { folder, command, isWarm, onImport, onCompanion }) {
  const text = fs.readFileSync(file, "latin1");
  const version = versionOf(file, text);
  const name = `${command}@${version}${ending}`;
  const kept = version && readCode(join(folder, name));
  const script = new vm.Script(text, {
    filename: file,
    ...(kept && { cachedData: kept }),
  });
  const own = new Module(file);
  own.filename = file;
  own.importer = (path) => {
    onImport?.();
    return import(path.startsWith(".") ? pathToFileURL(join(dirname(file), path)) : path);
  };
  // Where Node itself was told to import something first, Node 22 gives this file a `require` without a cache.
  const required = Module.createRequire(file);
  required.cache[file] = own;
  own.companion = (path) => {
    onCompanion?.();
    return exports.loadWithCode(join(dirname(file), path), { folder, command: `${command}.due`, isWarm, onImport });
  };
  script.runInThisContext()(own.exports, required, own, file);
  own.loaded = true;
  if (version && (kept === undefined || script.cachedDataRejected))
    process.once("exit", () => isWarm() && keepCode(folder, name, script.createCachedData()));
  return own.exports;
};
