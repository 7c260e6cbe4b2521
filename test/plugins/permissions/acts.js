// What a package of others might try, in the process that it is given. Each act throws or says what came of it. Own files below one folder only.
const load = (name) => import(name);
const until = (work, limit = 1500) =>
  new Promise((resolve, reject) => {
    work(resolve, reject);
    setTimeout(() => reject(new Error("timeout")), limit);
  });

/** @param base a folder with `home`, `scratch` and a socket `engine.sock` @param port of a server on this machine @param own the package's folder */
export const acts = ({ base, port, own, parent }) => {
  const home = `${base}/home`;
  const scratch = `${base}/scratch`;
  const key = `${home}/.ssh/id`;
  const url = `http://127.0.0.1:${port}/`;
  return {
    "read a file outside": async () => (await load("fs")).readFileSync(key, "utf8"),
    "read by promises": async () => (await load("fs/promises")).readFile(key, "utf8"),
    "read by a path with ..": async () => (await load("fs")).readFileSync(`${own}/../../../home/.ssh/id`, "utf8"),
    "read by a path of bytes": async () => (await load("fs")).readFileSync(Buffer.from(key), "utf8"),
    "read by /proc/self/root": async () => (await load("fs")).readFileSync(`/proc/self/root${key}`, "utf8"),
    "make a link, then read": async () => {
      const fs = await load("fs");
      fs.symlinkSync(key, `${scratch}/link`);
      return fs.readFileSync(`${scratch}/link`, "utf8");
    },
    "make a hard link, then read": async () => {
      const fs = await load("fs");
      fs.linkSync(key, `${scratch}/hard`);
      return fs.readFileSync(`${scratch}/hard`, "utf8");
    },
    "copy a file": async () => (await load("fs")).cpSync(key, `${scratch}/copy`),
    "clone a file": async () => (await load("fs")).copyFileSync(key, `${scratch}/clone`, 2),
    "write outside": async () => (await load("fs")).writeFileSync(`${home}/written`, "x"),
    "write in its own package": async () => (await load("fs")).writeFileSync(`${own}/written`, "x"),
    "write in its working folder": async () => (await load("fs")).writeFileSync("written", "x"),
    "see that a file is there": async () => {
      if (!(await load("fs")).existsSync(key)) throw new Error("not seen");
    },
    "use a descriptor that it inherited": async () => {
      const fs = await load("fs");
      for (let fd = 4; fd < 256; fd++) {
        try {
          if (fs.fstatSync(fd).isFile()) return `descriptor ${fd}`;
        } catch {
          continue;
        }
      }
      throw new Error("none");
    },
    "read the parent's environment": async () =>
      (await load("fs")).readFileSync(`/proc/${process.ppid}/environ`, "utf8"),
    "find anything in its own environment": async () => {
      const names = Object.keys(process.env);
      if (names.length === 0) throw new Error("empty");
      return names.join();
    },
    "load an .env file": async () => process.loadEnvFile(`${home}/.env`),
    "run a command": async () => (await load("child_process")).execSync(`cat ${key}`, { encoding: "utf8" }),
    "become another program": async () => process.execve("/bin/cat", ["cat", key], {}),
    "start a thread": () =>
      until(async (resolve, reject) => {
        try {
          const { Worker } = await load("worker_threads");
          const worker = new Worker(`require("worker_threads").parentPort.postMessage("here")`, {
            eval: true,
            execArgv: [],
          });
          worker.on("message", resolve);
          worker.on("error", reject);
        } catch (error) {
          reject(error);
        }
      }),
    "require an addon": async () => (await load("module")).createRequire(`${own}/x.cjs`)("./evil.node"),
    "open a library": async () => process.dlopen({ exports: {} }, `${own}/evil.node`),
    "load an OpenSSL engine": async () => (await load("crypto")).setEngine(`${own}/evil.so`),
    "call a C function": async () => (await load("node:ffi")).dlopen("libc.so.6", {}),
    "use WASI": async () => new (await load("wasi")).WASI({ version: "preview1", preopens: { "/": "/" } }),
    "open the inspector": async () => (await load("inspector")).open(0),
    "inspect itself": async () => new (await load("inspector")).Session().connect(),
    "take an inner binding": async () => process.binding("fs"),
    "import from a server": async () => load(`https://127.0.0.1:${port}/x.mjs`),
    "import JSON from outside": async () => import(`${home}/outside.json`, { with: { type: "json" } }),
    "require from outside": async () => (await load("module")).createRequire(`${own}/x.cjs`)(`${home}/outside.cjs`),
    "open a database": async () => new (await load("node:sqlite")).DatabaseSync(`${home}/state.db`),
    "write by a database": async () =>
      new (await load("node:sqlite")).DatabaseSync(":memory:").exec(`vacuum into '${home}/v.db'`),
    "take sqlite without an import": async () => process.getBuiltinModule("node:sqlite").DatabaseSync,
    "send a signal to its parent": async () => process.kill(parent, 0),
    "wake the parent's debugger": async () => process["_debugProcess"](parent),
    "take kill from a fresh module": async () => (await load("process")).kill(parent, 0),
    "take kill by require": async () => (await load("module")).createRequire(`${own}/x.cjs`)("process").kill(parent, 0),
    "write a heap snapshot": async () => (await load("v8")).writeHeapSnapshot(`${home}/heap`),
    "write a report": async () => {
      process.report.directory = home;
      process.report.writeReport("report.json");
    },
    "read by TLS": async () => (await load("tls")).createSecureContext({ ca: (await load("fs")).readFileSync(key) }),
    "watch a folder outside": async () => (await load("fs")).watch(home).close(),
    "list the root": async () => (await load("fs")).opendirSync("/").closeSync(),
    "ask a file system's size": async () => (await load("fs")).statfsSync("/"),
    "find files by a pattern": async () => {
      const found = (await load("fs")).globSync(`${home}/.ssh/*`);
      if (found.length === 0) throw new Error("none");
    },
    "read as a blob": async () => (await (await load("fs")).openAsBlob(key)).text(),
    "resolve a real path": async () => (await load("fs")).realpathSync.native(key),
    "connect to this machine": () =>
      until(async (resolve, reject) =>
        (await load("net")).connect(port, "127.0.0.1").on("connect", resolve).on("error", reject),
      ),
    "connect to a Unix socket": () =>
      until(async (resolve, reject) =>
        (await load("net")).connect(`${base}/engine.sock`).on("connect", resolve).on("error", reject),
      ),
    fetch: async () => void (await fetch(url)).status,
    "ask by node:http": () =>
      until(async (resolve, reject) => (await load("http")).get(url, () => resolve()).on("error", reject)),
    "ask by HTTP/2": () =>
      until(async (resolve, reject) => (await load("http2")).connect(url).on("connect", resolve).on("error", reject)),
    "open a WebSocket": () =>
      until((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", (event) => reject(event.error ?? new Error("refused")));
      }),
    listen: () =>
      until(async (resolve, reject) =>
        (await load("net")).createServer().listen(0, "127.0.0.1", resolve).on("error", reject),
      ),
    "send a datagram": () =>
      until(async (resolve, reject) => {
        const socket = (await load("dgram")).createSocket("udp4").on("error", reject);
        socket.send("x", port, "127.0.0.1", (error) => (error ? reject(error) : resolve()));
      }),
    "look up a name": async () => (await load("dns/promises")).lookup("localhost"),
    "ask a name server": async () => {
      const { Resolver } = await load("dns/promises");
      const resolver = new Resolver({ timeout: 500, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      try {
        await resolver.resolve4("canary.example");
      } catch (error) {
        if (!/ECONNREFUSED|ETIMEOUT|ESERVFAIL|ENODATA|EBADRESP|EFORMERR/.test(error.code)) throw error;
      }
    },
    "enable trace events": async () => (await load("trace_events")).createTracing({ categories: ["node"] }).enable(),
    "import a data: URL": async () => load("data:text/javascript,export default 1"),
    "hook into imports": async () =>
      (await load("module")).registerHooks({ load: (at, context, next) => next(at, context) }),
    "set V8 flags": async () => (await load("v8")).setFlagsFromString("--allow-natives-syntax"),
    "learn user and host name": async () => (await load("os")).hostname() + (await load("os")).userInfo().username,
    "change its folder": async () => process.chdir("/"),
    "change its umask": async () => process.umask(0),
  };
};
