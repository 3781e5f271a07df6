import { TOKEN_LIFE_S_DEFAULT } from "../src/domain/limits.ts";
import { Client } from "./client.ts";
import { curlLines } from "./curl.ts";
import { migrateLocal } from "./databases.ts";
import { guardAgainstOrphans } from "./orphan-guard.ts";
import { ANY_PORT, freePort, HOST } from "./port.ts";
import { note, step } from "./progress.ts";
import { runSchedule } from "./schedule.ts";
import { loadSeeds, SEEDS_USER } from "./seeds.ts";
import { STATE_DIR_DEFAULT, shellWord, shortPath, stateDir } from "./settings.ts";
import { DEMO_TENANT, ensureSigner, type Signer, secretsOf, signToken } from "./signer.ts";
import { claimStateFolder, oncePerFolder } from "./state-folder.ts";
import { tour } from "./tour.ts";
import { bundleWorker, startWorker, workerOptions } from "./worker.ts";
import { WorkerLog } from "./worker-log.ts";

const USER = "usr_you";

/** Brings the local server up on a port that is free, or on any, and keeps it up until a signal. */
export async function serve(wanted: number): Promise<void> {
	const folder = stateDir();
	claimStateFolder(folder);
	guardAgainstOrphans();
	note("Marksheet starts.");
	await step(
		"migrating the databases",
		() => migrateLocal(folder),
		(files) => (files.length > 0 ? `databases migrated: ${files.join(", ")}` : "databases are up to date"),
	);
	await step(
		"building the Worker",
		() => bundleWorker(folder),
		() => "Worker built",
	);
	const { vars } = workerOptions();
	const signer = await ensureSigner(folder, vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE);
	const log = new WorkerLog(folder);
	// As late as can be: until the Worker listens there, another program may take it.
	const listenOn = wanted === ANY_PORT ? await freePort(ANY_PORT) : wanted;
	const url = `http://${HOST}:${listenOn}`;
	const worker = await step(
		"starting the Worker",
		() => startWorker({ folder, port: listenOn, secrets: secretsOf(signer), log }),
		() => `Worker listens on ${url}`,
	);
	const stopped = untilSignal();
	const schedule = runSchedule(worker, log);
	try {
		await Promise.race([welcome(url, folder, signer, log), stopped]);
		await stopped;
	} finally {
		schedule.stop();
		await worker.dispose();
	}
	note("Marksheet stopped.");
}

/** Miniflare ends the process at a signal in its own way; here the end is a normal one, after its state is put away. */
async function untilSignal(): Promise<void> {
	const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
	await new Promise<void>((resolve) => {
		for (const signal of signals) {
			process.removeAllListeners(signal);
			process.on(signal, () => resolve());
		}
	});
}

async function welcome(url: string, folder: string, signer: Signer, log: WorkerLog): Promise<void> {
	const seeds = new Client(url, await signToken(signer, { subject: SEEDS_USER }));
	await oncePerFolder(folder, "seeds", async () => {
		await step(
			"loading the seeds",
			() => loadSeeds(seeds),
			(count) => (count > 0 ? `${count} quizzes loaded from seeds/` : "the catalog has quizzes already"),
		);
	});
	let someone = SEEDS_USER;
	await oncePerFolder(folder, "tour", async () => {
		console.log("\nA tour, this once; npm run tour shows it again.");
		someone = await tour(url, signer);
	});
	const token = await signToken(signer, { subject: USER });
	// A folder of one's own is a setting of the command too, or it would look for the key elsewhere.
	const setting = folder === STATE_DIR_DEFAULT ? "" : `STATE_DIR=${shellWord(folder)} `;
	const hours = TOKEN_LIFE_S_DEFAULT / 3_600;
	console.log(`
Marksheet is ready.

  Reference   ${url}/docs
  Worker log  ${shortPath(log.file)}
  Token       for ${USER} in ${DEMO_TENANT}, ${hours} hours; others: ${setting}npm run -s token -- --user ${someone}

Paste the token once:

TOKEN=${token}

Then any of these: list the quizzes, take one, see its statistics.

${(await curlLines(new Client(url, token))).join("\n\n")}

Ctrl-C stops it; the state stays in ${shortPath(folder)}.`);
}
