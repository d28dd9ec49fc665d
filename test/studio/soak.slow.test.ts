/** @file The studio as a program, by ten thousand clients that leave, and by those that stay and say nothing. */

import { existsSync, readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { esnas, REPOSITORY, type Started, start, temporaryFolder } from "../cli/esnas.js";
import { addressOf } from "./browser.js";
import { abortedRequests, ask, hasProc, memoryOf, openFilesOf } from "./requests.js";

const assets = join(REPOSITORY, "packages/cli/page/assets");
const isBuilt = existsSync(assets);

describe.skipIf(!isBuilt || !hasProc)(
  "esnas studio (skipped without npm run build:studio, and where there is no /proc)",
  () => {
    const folder = temporaryFolder();
    let studio: Started;
    let address: string;
    const pid = () => studio.child.pid ?? 0;

    beforeAll(async () => {
      expect((await esnas(folder, "search", "--max-evaluations", "12", "--out", "runs/one")).code).toBe(0);
      studio = start(folder, "studio", "--port", "0");
      address = await addressOf(studio);
    });

    afterAll(async () => {
      studio.child.kill("SIGKILL");
      await studio.ended;
    });

    /** What is open once that is no more than so much, or after a while. */
    async function openWithin(most: number): Promise<number> {
      for (let wait = 0; openFilesOf(pid()).length > most && wait < 300; wait++) await pause(100);
      return openFilesOf(pid()).length;
    }

    test("holds no more descriptors and memory after 10,000 requests that were cut off than after 3,000", async () => {
      const wasm = readdirSync(assets).find((name) => name.endsWith(".wasm"));
      const { runs } = JSON.parse((await ask(address, "/api/runs")).body.toString());
      const rows = `/api/runs/${runs[0].id}`;
      const some = async (times: number) => {
        await abortedRequests(address, `/assets/${wasm}`, 0.7 * times);
        await abortedRequests(address, "/", 0.1 * times);
        await abortedRequests(address, "/api/runs", 0.1 * times);
        await abortedRequests(address, rows, 0.1 * times);
      };
      const idle = openFilesOf(pid()).length;
      await some(3000);
      expect(await openWithin(idle + 2)).toBeLessThanOrEqual(idle + 2);
      const before = memoryOf(pid());
      await some(10_000);
      expect(await openWithin(idle + 2)).toBeLessThanOrEqual(idle + 2);
      const after = memoryOf(pid());
      process.stderr.write(`${before.toFixed(0)} MiB before and ${after.toFixed(0)} MiB after\n`);
      // A download that is not ended holds 64 kB at least, and ten thousand of them 640 MiB.
      expect(after).toBeLessThan(before + 100);
      expect((await ask(address, "/")).code).toBe(200);
    }, 600_000);

    test("ends connections that say nothing, or half of it, and answers others when they are gone", async () => {
      const { hostname, port, host } = new URL(address);
      const beginnings = [
        "",
        "GET / HT",
        `GET / HTTP/1.1\r\nHost: ${host}\r\n`,
        "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n",
      ];
      const sockets: Socket[] = [];
      for (let i = 0; i < 1000; i++) {
        const socket = connect(Number(port), hostname);
        socket.on("error", () => {}).resume();
        socket.write(beginnings[i % beginnings.length] ?? "");
        sockets.push(socket);
      }
      const closed = sockets.map((socket) => new Promise<void>((done) => void socket.once("close", () => done())));
      await Promise.all(closed);
      expect((await ask(address, "/")).code).toBe(200);
      expect(studio.child.exitCode).toBeNull();
    }, 300_000);
  },
);
