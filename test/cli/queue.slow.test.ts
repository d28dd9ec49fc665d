/** @file `esnas worker`, `status`, and `search --queue` as their users see them: what is told, refused, and kept secret. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../packages/studies/src/common/free-port.js";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "../queue/redis.js";
import {
  candidatesOf,
  expectRefusal,
  REPOSITORY,
  resultOf,
  type Started,
  start,
  startProgram,
  stdoutOf,
  temporaryFolder,
} from "./esnas.js";

const cwd = temporaryFolder();
const PROGRAM = join(REPOSITORY, "packages/cli/bin/esnas.js");
const SEARCH = "search --max-evaluations 60 --resolution 64 --max-params 300k --seed 2".split(" ");
const PASSWORD = "a-secret%/1";
if (!hasRedis) process.stderr.write(`${NO_REDIS}\n`);

/** A program with what it has written to stderr so far. */
function watched({ child, ended }: Started) {
  let text = "";
  child.stderr?.on("data", (piece: string) => {
    text += piece;
  });
  return {
    child,
    ended,
    async has(what: RegExp): Promise<RegExpExecArray> {
      for (let wait = 0; wait < 1200; wait++) {
        const found = what.exec(text);
        if (found !== null) return found;
        if (child.exitCode !== null) break;
        await pause(50);
      }
      throw new Error(`${what} was not told: ${text}`);
    },
  };
}

describe("a queue that cannot be used", () => {
  test.each([
    [["worker"], /a worker needs --queue redis:\/\/host:6379, or ESNAS_QUEUE/],
    [["status"], /status needs --queue/],
    [["worker", "--queue", "secret"], /--queue takes redis:.*; what was given is no URL/],
    [["worker", "--queue", "http://user:secret@host"], /--queue takes redis:.*; was given http:\/\/\.\.\./],
    [["status", "--queue", "redis://:secret@host/x/y"], /something else after the host/],
    [["status", "--queue", "redis://:secret%@host"], /write %25/],
    [["status", "--queue", "redis://:secret@host", "--prefix", "a b"], /--prefix takes up to 64 letters/],
    [[...SEARCH, "--queue", "redis://:secret@127.0.0.1:1"], /no Redis listens at redis:\/\/127\.0\.0\.1:1$/m],
    [["worker", "--queue", "redis://x", "--limit", "0s"], /no time|--limit takes a time/],
    [["worker", "--queue", "redis://x", "--log", "xml"], /unknown form of a log "xml"/],
  ])("is told in a line, without the password: %j", async (args, reason) => {
    await expectRefusal(cwd, args, new RegExp(`^(?!.*secret).*${reason.source}`, "m"));
  });
});

describe.skipIf(!hasRedis)("a queue with a password", () => {
  let redis: RedisServer;
  let url: string;
  beforeAll(async () => {
    redis = await startRedis(temporaryFolder(), "--requirepass", PASSWORD);
    url = `redis://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${redis.port}`;
  });
  afterAll(() => redis.stop());
  const inEnvironment = (...args: readonly string[]) =>
    startProgram(process.execPath, [PROGRAM, ...args], cwd, { ...process.env, ESNAS_QUEUE: url });

  test("is refused without it, and with another one", async () => {
    await expectRefusal(cwd, ["status", "--queue", redis.url], /refuses the user or password that the URL lacks/);
    const other = redis.url.replace("//", "//:wrong@");
    await expectRefusal(cwd, ["status", "--queue", other], /refuses the user or password that the URL has/);
    const own = new Redis({ port: redis.port, password: PASSWORD });
    await own.acl("SETUSER", "some", "on", ">word", "~esnas:*", "+@all", "-@dangerous", "+info");
    own.disconnect();
    const some = ["status", "--queue", redis.url.replace("//", "//some:word@")];
    expect(await stdoutOf(cwd, ...some)).toMatch(/0 workers/);
    await expectRefusal(cwd, [...some, "--prefix", "other"], /does not let this user do .* under "other:"/);
  });

  test("scores a search as this machine does, is seen from outside, and shows the password to nobody", async () => {
    await stdoutOf(cwd, ...SEARCH, "--out", "local");
    const worker = watched(inEnvironment("worker", "--workers", "2", "--log", "json", "--metrics-port", "0"));
    const [, metrics = ""] = await worker.has(/"address":"(http:\/\/127\.0\.0\.1:\d+\/metrics)"/);
    const search = watched(start(cwd, ...SEARCH, "--out", "queued", "--queue", url, "--json"));
    // What other users of the machine see.
    await pause(1500);
    const seen = execFileSync("ps", ["-e", "-o", "args="], { encoding: "utf8" });
    const { code, stdout, stderr } = await search.ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(candidatesOf(join(cwd, "queued"))).toEqual(candidatesOf(join(cwd, "local")));
    expect(resultOf(join(cwd, "queued"))).toEqual(resultOf(join(cwd, "local")));

    const text = await (await fetch(metrics)).text();
    expect(text).toMatch(/^esnas_networks_scored_total\{worker="[\w.-]+"\} [1-9]\d*$/m);
    expect(text).toMatch(/^esnas_queue_connected\{worker="[\w.-]+"\} 1$/m);
    expect((await fetch(metrics.replace("metrics", "healthz"))).status).toBe(200);
    expect((await fetch(metrics.replace("metrics", "other"))).status).toBe(404);

    const status = await inEnvironment("status", "--json").ended;
    expect(JSON.parse(status.stdout)).toMatchObject({
      prefix: "esnas",
      workers: [{ slots: 2, taking: true, failed: 0 }],
      searches: [],
      queues: [{ waiting: 0, active: 0 }],
    });
    expect((await inEnvironment("status").ended).stdout).toMatch(/^"esnas" at redis:\S+: 1 worker, 2 networks at once/);

    worker.child.kill("SIGTERM");
    const left = await worker.ended;
    expect(left.code).toBe(0);
    const lines = left.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      "joined",
      "gives metrics",
      "leaving, when what is under way is done",
      "left",
    ]);
    const files = readdirSync(join(cwd, "queued")).map((name) => readFileSync(join(cwd, "queued", name), "latin1"));
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) {
      for (const shown of [seen, stdout, stderr, text, status.stdout, left.stderr, ...files])
        expect(shown).not.toContain(secret);
    }
  });

  test("without workers says so; Ctrl-C takes the search out of it, which goes on without it", async () => {
    const search = watched(start(cwd, ...SEARCH, "--out", "stopped", "--queue", url, "--prefix", "nobody"));
    await search.has(/waiting for workers: none on "nobody" at redis:\/\/127\.0\.0\.1:\d+ for \d+ s/);
    search.child.kill("SIGINT");
    const { code, stderr } = await search.ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringMatching(/stopped; nothing is lost/) });
    const own = new Redis({ port: redis.port, password: PASSWORD });
    const left = await own.keys("nobody:*");
    own.disconnect();
    expect(left.filter((key) => /:wait$|asker|-\d+$/.test(key))).toEqual([]);
    await stdoutOf(cwd, "search", "--resume", "stopped");
    expect(candidatesOf(join(cwd, "stopped"))).toEqual(candidatesOf(join(cwd, "local")));
  });
});

describe.skipIf(!hasRedis)("a queue whose jobs somebody fails on purpose, all of them", () => {
  test("ends a search in one line, with what it has; it is gone on with, and has the history of any other", async () => {
    const redis = await startRedis(temporaryFolder());
    try {
      const queue = ["--queue", redis.url];
      const { queues } = JSON.parse(await stdoutOf(cwd, "status", ...queue, "--json"));
      const worker = start(cwd, "worker", "--workers", "1", "--stalled-after", "1s", ...queue);
      const search = watched(start(cwd, ...SEARCH, "--out", "failed", ...queue));
      for (let wait = 0; !existsSync(join(cwd, "failed", "study.sqlite-wal")) && wait < 1200; wait++) await pause(50);
      worker.child.kill("SIGKILL");
      const connection = new Redis({ port: redis.port, maxRetriesPerRequest: null });
      const failing = new Worker(
        queues[0].name,
        async () => {
          throw new Error("on purpose\nby somebody");
        },
        { connection, prefix: "esnas", skipVersionCheck: true, lockDuration: 1000, stalledInterval: 500 },
      );
      const { code, stdout, stderr } = await search.ended;
      await failing.close(true);
      connection.disconnect();
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^a job failed and is sent again: on purpose by somebody$/m);
      const [last = ""] = stderr.trimEnd().split("\n").slice(-1);
      expect(last).toMatch(/^esnas: the queue gave no scores of a network in 5 tries \(its job failed: on purpose by /);
      expect(stderr).not.toMatch(/defect| at .*\.js:/);
      await stdoutOf(cwd, "search", "--resume", "failed");
      await stdoutOf(cwd, ...SEARCH, "--out", "unharmed");
      expect(candidatesOf(join(cwd, "failed"))).toEqual(candidatesOf(join(cwd, "unharmed")));
    } finally {
      await redis.stop();
    }
  });
});

describe.skipIf(!hasRedis)("a queue that is not there yet", () => {
  test("is waited for by workers for ever and by a search for seconds, as where machines start in any order", async () => {
    const redis = await startRedis(temporaryFolder());
    try {
      await redis.kill();
      const worker = watched(start(cwd, "worker", "--workers", "1", "--queue", redis.url));
      await worker.has(/no Redis listens at redis:\/\/127\.0\.0\.1:\d+; trying until it is there/);
      const search = start(cwd, ...SEARCH, "--out", "early", "--queue", redis.url);
      await pause(1000);
      await redis.restart();
      await worker.has(/joined/);
      const { code, stderr } = await search.ended;
      expect({ code, stderr }).toMatchObject({ code: 0 });
      worker.child.kill("SIGTERM");
      expect((await worker.ended).code).toBe(0);
    } finally {
      await redis.stop();
    }
  });

  test("is left by a worker that cannot give the metrics that it is asked for", async () => {
    const redis = await startRedis(temporaryFolder());
    try {
      const worker = ["worker", "--workers", "1", "--queue", redis.url];
      const { code, stderr } = await start(cwd, ...worker, "--metrics-port", String(redis.port)).ended;
      const reason =
        /^esnas: cannot give metrics on 127\.0\.0\.1, port \d+: it is taken; give another --metrics-port$/m;
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(reason) });
      const status = await stdoutOf(cwd, "status", "--queue", redis.url);
      expect(status).toMatch(/ 0 workers/);
    } finally {
      await redis.stop();
    }
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** Has a server listen with TLS, and gives the port: another process may take a free one before the server does. */
async function listenOnTls(server: Redis, attempts = 10): Promise<number> {
  const port = await freePort();
  try {
    await server.config("SET", "tls-port", port);
    return port;
  } catch (error) {
    if (attempts === 1) throw error;
    return listenOnTls(server, attempts - 1);
  }
}

describe.skipIf(!hasRedis || !hasOpenssl)("a queue with TLS", () => {
  test("is spoken to where its certificate is trusted, and refused where it is not", async () => {
    const folder = temporaryFolder();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...subject, ...files], {
      stdio: "ignore",
    });
    const tls = ["--tls-port", "0", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"];
    const redis = await startRedis(folder, ...tls);
    try {
      const own = new Redis({ port: redis.port });
      const port = await listenOnTls(own);
      own.disconnect();
      const status = ["status", "--queue", `rediss://localhost:${port}`];
      await expectRefusal(cwd, status, /not trusted \(self.signed certificate\); .* NODE_EXTRA_CA_CERTS=ca\.pem/);
      await expectRefusal(cwd, ["status", "--queue", `redis://localhost:${port}`], /does it want rediss:\/\/\?/);
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
      expect(await startProgram(process.execPath, [PROGRAM, ...status], cwd, env).ended).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`"esnas" at rediss://localhost:${port}: 0 workers`),
      });
    } finally {
      await redis.stop();
    }
  });
});
