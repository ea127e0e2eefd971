/* A connection to the database. It is used by one thread at a time, and never by the loop once the
 * module runs. What returns int answers SQLITE_OK or another of SQLite's codes. */
#ifndef HISTORY_DB_H
#define HISTORY_DB_H

#include "history.h"

#include <sqlite3.h>

enum { DB_STATEMENTS = 64 };

/* A statement that was prepared, under the address of its text. */
struct db_statement {
    const char *sql;
    sqlite3_stmt *stmt;
};

struct db {
    sqlite3 *sql;
    int is_durable;
    int64_t max_bytes;
    int wal_pages; /* that SQLite's log has, as of the last commit */
    struct db_statement statements[DB_STATEMENTS];
    size_t n_statements;
};

enum db_role { DB_WRITES, DB_READS };

/* Takes the lock that keeps other servers from the file, until db_unlock(). Answers its descriptor,
 * or -1 and why. */
int db_lock(const char *file, char why[WHY_BYTES]);
void db_unlock(int lock);

/* The writer makes the file, or brings it up to date. 0, or -1 and why; to be closed in any case.
 */
int db_open(struct db *db, const char *file, enum db_role role, char why[WHY_BYTES]);
void db_close(struct db *db);

/* Of the writer: whether a commit waits for the disk, and how many bytes the file may have (0: any
 * number). */
int db_configure(struct db *db, int is_durable, int64_t max_bytes);

/* Around work that need not survive a crash, and that may need `slack` bytes more before it makes
 * the file emptier. */
int db_begin_upkeep(struct db *db, int64_t slack);
int db_end_upkeep(struct db *db);

/* Moves what SQLite's log has into the file, as far as nobody needs it; with `truncate` all of it,
 * or SQLITE_BUSY, and the log is empty then. */
int db_checkpoint(struct db *db, int truncate);

int db_exec(struct db *db, const char *sql);

/* A statement without values, not to be finalised; kept by the address of `sql`. NULL when it is
 * wrong, or without memory. */
sqlite3_stmt *db_statement(struct db *db, const char *sql);

/* The same with `n` integers as its first values. */
sqlite3_stmt *db_integers(struct db *db, const char *sql, size_t n, const int64_t *values);

/* Runs a statement that answers nothing; NULL fails. */
int db_run(sqlite3_stmt *stmt);

/* Runs a statement up to its first row: SQLITE_ROW, SQLITE_DONE or another code. */
int db_step(sqlite3_stmt *stmt);

/* A text, or NULL for an empty one. The text has to stay. */
int db_bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t n);

/* A column as text, "" for NULL. */
const char *db_text(sqlite3_stmt *stmt, int column);

/* The same with its length; SQLITE_NOMEM when it is not NULL and there was no memory for it. */
int db_get_text(sqlite3_stmt *stmt, int column, struct chatd_str *text);

/* Why the last call failed. */
void db_why(const struct db *db, char why[WHY_BYTES]);

#endif
