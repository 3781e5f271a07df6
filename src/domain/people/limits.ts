import { DAY_MS, MINUTE_MS, SECOND_MS } from "../units.ts";

/** The limits of people, tenants and their credentials, each with its unit. */

// Tokens
export const ACCESS_TOKEN_LIFE_S = 15 * 60;
/** Of an isolate's view of what was revoked: read anew in the background from this age on, and waited for from the other on. */
export const CHANGES_AGE_MS = 20 * SECOND_MS;
export const CHANGES_AGE_MS_MAX = 45 * SECOND_MS;
/** What an isolate looks back over when it begins: the life of a token, and as much as clocks may differ. */
export const CHANGES_LOOKBACK_MS = 17 * MINUTE_MS;
export const CHANGES_KEPT_MS = DAY_MS;
/** What an isolate reads at once. */
export const CHANGES_READ_MAX = 1_000;
/** How often one reads on at once that is behind, before it forgets all. */
export const CATCH_UP_TURNS_MAX = 10;
export const SIGNING_KEYS_MAX = 10;
/** Between two looks for a key that a token names and that is not known. */
export const KEY_LOOKUP_PAUSE_MS = MINUTE_MS;
/** From when it is published until it signs: every isolate and every client that fetches the set now and then has it by then. */
export const SIGNING_KEY_LEAD_MS = 10 * MINUTE_MS;
export const JWKS_MAX_AGE_S = 5 * 60;
/** Of other issuers: how long their keys are used without another look, and how often an unknown `kid` may cause one. */
export const ISSUER_KEYS_AGE_MS_MAX = 60 * MINUTE_MS;
export const ISSUER_KEYS_PAUSE_MS = MINUTE_MS;
export const ISSUER_KEYS_BYTES_MAX = 100_000;
export const ISSUER_KEYS_WAIT_MS = 5 * SECOND_MS;
export const ISSUERS_MAX = 50;
/** A token of another issuer is accepted for no longer than this after it was issued. */
export const ISSUER_TOKEN_LIFE_S_MAX = 24 * 60 * 60;

// API keys
/** How long an isolate goes by what it read of a key. */
export const API_KEY_AGE_MS_MAX = 45 * SECOND_MS;
export const API_KEYS_REMEMBERED_MAX = 5_000;
/** Between two notes of when a key was used last. */
export const API_KEY_USE_NOTED_MS = 60 * MINUTE_MS;
export const API_KEYS_PER_TENANT_MAX = 100;
export const API_KEY_ROTATION_OVERLAP_MS_MAX = 7 * DAY_MS;
export const SERVICES_PER_TENANT_MAX = 100;

// Tenants and users
export const NAME_CHARS_MAX = 200;
export const TENANTS_PER_ACCOUNT_MAX = 50;
export const INVITATION_LIFE_MS = 7 * DAY_MS;
/** Of a tenant, open or sent within a day. */
export const INVITATIONS_MAX = 1_000;
/** What is looked at as a code. */
export const INVITATION_CODE_CHARS_MAX = 100;
export const GUEST_LIFE_MS = 30 * DAY_MS;
/** How recent a sign-in must be for what cannot be taken back. */
export const FRESH_SIGN_IN_MS = 10 * MINUTE_MS;
/** Between two notes of when a user got a token last. */
export const LOGIN_NOTED_MS = 15 * MINUTE_MS;

// Profiles
export const AVATAR_CHARS_MAX = 2_000;
export const TIMEZONE_CHARS_MAX = 64;
export const LOCALE_CHARS_MAX = 64;
/** As JSON. */
export const PREFERENCES_BYTES_MAX = 8_000;
/** Attempts are counted no further. */
export const PROFILE_COUNT_MAX = 10_000;

// Changes of tenants
/** How often a change is decided anew because what it was decided upon has changed meanwhile. */
export const CHANGE_TRIES_MAX = 5;
/** How long the keys of such requests are honoured. */
export const CHANGE_KEYS_KEPT_MS = 2 * DAY_MS;
/** Old keys that one step of the upkeep forgets. */
export const CHANGE_KEYS_PURGED_MAX = 1_000;

// Audit
/** Events that are handed to an object at once, and how often in a row. */
export const AUDIT_EVENTS_AT_ONCE_MAX = 50;
export const AUDIT_ROUNDS_MAX = 20;
/** Tenants whose waiting events one step of the schedule hands over. */
export const AUDIT_TENANTS_PER_STEP = 50;
/** Rows that an export reads at once, and that one answer goes over. */
export const AUDIT_EXPORT_READ_ROWS = 200;
export const AUDIT_EXPORT_ROWS_MAX = 50_000;
export const AUDIT_USER_AGENT_CHARS_MAX = 200;
/** Of what an operator sends, as JSON; of a longer one nothing is told. */
export const AUDIT_INPUT_BYTES_MAX = 4_000;
/** Tenants of which an isolate knows the settings, and for how long: a change is told of, and this is for what was told and not heard. */
export const TENANT_SETTINGS_ENTRIES_MAX = 5_000;
export const TENANT_SETTINGS_LIFE_MS = 10 * MINUTE_MS;
