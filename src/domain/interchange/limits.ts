import { MB } from "../units.ts";

/** The limits of interchange, each with its unit. */

/** Quizzes in one request. */
export const BATCH_IMPORT_MAX = 1_000;
/** Questions of one import, whatever becomes of them; they become as many quizzes as it takes. */
export const INTERCHANGE_QUESTIONS_MAX = 10_000;
/** Answers of one question that are looked at; a question may have fewer, and the schema says how many. */
export const INTERCHANGE_ANSWERS_MAX = 100;
export const QTI_DOCUMENTS_MAX = 1_001;

// Files
/** Images that one import brings with it; more are left out, and it is said. */
export const IMPORT_IMAGES_MAX = 200;
/** Of one upload, whatever it holds. */
export const UPLOAD_BYTES_MAX = 25 * MB;
/** Files of one upload, without those in archives. */
export const UPLOAD_FILES_MAX = 1_000;
/** Entries of an archive; a package of a whole course has some thousands. */
export const ZIP_ENTRIES_MAX = 10_000;
/** What all entries of an archive unpack to, and each of them. They are unpacked one by one. */
export const ZIP_BYTES_MAX = 200 * MB;
export const ZIP_ENTRY_BYTES_MAX = 25 * MB;
/** How many bytes one packed byte may become. Text is packed 20 to 1 at most, XML that repeats itself 100 to 1. */
export const ZIP_RATIO_MAX = 200;
/** Of one text that is read as a whole. Moodle's XML is read question by question, and may be as long as an upload. */
export const TEXT_BYTES_MAX = 6 * MB;
/** Of all texts of an import together, without Moodle's XML: the trees of all items are in memory until their test is known. */
export const TEXTS_BYTES_MAX = 12 * MB;
/** Of all images that go into an exported file. */
export const EXPORT_IMAGES_BYTES_MAX = 20 * MB;
export const TABLE_COLUMNS_MAX = 200;
export const TABLE_ROWS_MAX = 10_001;
/** Of how a workbook says that numbers are shown; Excel takes no longer ones. */
export const FORMAT_CODE_CHARS_MAX = 255;

/** Faults that are named of one quiz of a batch. */
export const IMPORT_FAULTS_MAX = 20;
export const XML_DEPTH_MAX = 64;
/** Elements of what is parsed at once: a tree takes some 400 bytes for each. */
export const XML_ELEMENTS_MAX = 100_000;
export const XML_ATTRIBUTES_MAX = 64;
