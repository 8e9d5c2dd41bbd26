/** One message on `bulk`, in bytes. */
export const MESSAGE = 64 * 1024;
/** One batch, in characters of its text. */
export const BATCH = 16 * 1024 * 1024;
