declare module "vitest" {
	interface ProvidedContext {
		/** Where the server is. */
		url: string;
		/** Of a user who may do what users may. */
		token: string;
	}
}

export {};
