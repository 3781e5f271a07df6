/** The limits of interchange, each with its unit. */

/** Quizzes in one request. */
export const BATCH_IMPORT_MAX = 1_000;
/** Questions in one GIFT text, or items in one QTI import, whatever becomes of them. */
export const INTERCHANGE_QUESTIONS_MAX = 1_000;
/** Answers of one question that are looked at; a question may have fewer, and the schema says how many. */
export const INTERCHANGE_ANSWERS_MAX = 100;
export const QTI_DOCUMENTS_MAX = 1_001;
/** Faults that are named of one quiz of a batch. */
export const IMPORT_FAULTS_MAX = 20;
export const XML_DEPTH_MAX = 64;
export const XML_ATTRIBUTES_MAX = 64;
