#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Of other programs' locks: a copy is being made, for instance. */
enum { BUSY_MS = 5000 };

/* Stands in the head of the file: "chat". */
#define APPLICATION_ID 1667785076

/* ---- The schema --------------------------------------------------------------------------- */

/*
 * rooms: the logs of rooms. `indexed` is up to which event it can be searched; `adrift` is 1 when
 * the room has gone on without this module, and nobody knows how far. One without a name is on its
 * way out.
 *
 * events: `target` is the event that an edit, a delete or a reaction is about; `hidden` are those
 * from whom it was kept, a JSON array or NULL; `body` is what clients see, as it is now.
 *
 * users: `saved` is what the server needs to know somebody again; `seen` is when he left, 0 while
 * he is here.
 *
 * owed: work in the background that is not finished.
 */
static const char schema_1[] =
    "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT, epoch TEXT NOT NULL,"
    " seq INTEGER NOT NULL, ts INTEGER NOT NULL, topic TEXT NOT NULL DEFAULT '',"
    " indexed INTEGER NOT NULL DEFAULT 0, adrift INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (name, epoch));"
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER NOT NULL, type TEXT NOT NULL,"
    " author TEXT, cid TEXT, hidden TEXT, target INTEGER, body TEXT NOT NULL);"
    "CREATE INDEX events_edits ON events (target) WHERE type = 'edit';"
    "CREATE TABLE reactions (target INTEGER, key TEXT, user TEXT, PRIMARY KEY (target, key, user))"
    " WITHOUT ROWID;"
    "CREATE TABLE users (public_id TEXT PRIMARY KEY, saved TEXT NOT NULL, here INTEGER NOT NULL,"
    " seen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX users_seen ON users (here, seen);"
    "CREATE TABLE tokens (hash TEXT PRIMARY KEY,"
    " public_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE) WITHOUT ROWID;"
    "CREATE INDEX tokens_of ON tokens (public_id);"
    "CREATE TABLE owed (work TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE VIEW texts AS SELECT events.id AS id, body ->> '$.text' AS text"
    " FROM events JOIN rooms ON rooms.id = events.id" SQL_ROOM
    " WHERE type = 'message' AND text IS NOT NULL AND events.id" SQL_SEQ " <= indexed;"
    "CREATE VIRTUAL TABLE words USING fts5 (text, content = 'texts', content_rowid = 'id',"
    " columnsize = 0, tokenize = 'unicode61 remove_diacritics 2');";

/* Each one makes the next version out of the one before. */
static const char *const migrations[] = {schema_1};

enum { VERSION = sizeof(migrations) / sizeof(migrations[0]) };

static int migrate(struct db *db, int64_t version)
{
    char pragma[100];
    int err = db_exec(db, "BEGIN IMMEDIATE");

    for (; version < VERSION && err == SQLITE_OK; version++)
        err = db_exec(db, migrations[version]);
    snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, VERSION);
    if (err == SQLITE_OK)
        err = db_exec(db, pragma);
    return err == SQLITE_OK ? db_exec(db, "COMMIT") : err;
}

static int read_integer(struct db *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *stmt = db_statement(db, sql);
    int err = db_step(stmt);

    if (err == SQLITE_ROW)
        *value = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return err == SQLITE_ROW ? SQLITE_OK : err;
}

/* Whose file is it, and what does it know? */
static int is_ours(struct db *db, int64_t *version, char why[WHY_BYTES])
{
    int64_t application = 0;
    int64_t tables = 0;
    int err = read_integer(db, "PRAGMA user_version", version);

    if (err == SQLITE_OK)
        err = read_integer(db, "PRAGMA application_id", &application);
    if (err == SQLITE_OK)
        err = read_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err != SQLITE_OK)
        db_why(db, why);
    else if (tables > 0 && application != APPLICATION_ID)
        snprintf(why, WHY_BYTES, "it is the database of another program");
    else if (*version > VERSION)
        snprintf(why, WHY_BYTES,
                 "it was written by a later version of this module (schema %" PRId64
                 ", and this one knows %d)",
                 *version, VERSION);
    else
        return 0;
    return -1;
}

/* ---- Opening ------------------------------------------------------------------------------ */

int db_lock(const char *file, char why[WHY_BYTES])
{
    char name[4096];

    snprintf(name, sizeof(name), "%s.lock", file);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (errno == EWOULDBLOCK)
        snprintf(why, WHY_BYTES, "another server uses it");
    else
        snprintf(why, WHY_BYTES, "its lock file: %s", strerror(errno));
    db_unlock(lock);
    return -1;
}

void db_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

/* What is deleted is to be gone: from the pages, and from files that SQLite makes besides. The
 * writer moves the log into the file when it has the time for it. */
static const char pragmas[] = "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
                              "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384;";

/* In place of SQLite's own, which would do the work at the end of a commit. */
static int on_commit(void *arg, sqlite3 *sql, const char *name, int pages)
{
    struct db *db = arg;

    (void)sql;
    (void)name;
    db->wal_pages = pages;
    return SQLITE_OK;
}

static int use_wal(struct db *db)
{
    sqlite3_stmt *stmt = db_statement(db, "PRAGMA journal_mode = WAL");
    int err = db_step(stmt);

    if (err == SQLITE_ROW)
        err = strcmp(db_text(stmt, 0), "wal") == 0 ? SQLITE_OK : SQLITE_CANTOPEN;
    sqlite3_reset(stmt);
    return err;
}

/* What people said is for nobody else who has an account here. SQLite would also open a file that
 * it cannot write, and leave others beside it that stay so. */
static int make_file(const char *file, char why[WHY_BYTES])
{
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        snprintf(why, WHY_BYTES, "%s", strerror(errno));
        return -1;
    }
    close(fd);
    return 0;
}

static int open_file(struct db *db, const char *file)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int err = sqlite3_open_v2(file, &db->sql, flags, NULL);

    *db = (struct db){.sql = db->sql};
    if (err != SQLITE_OK)
        return err;
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    sqlite3_wal_hook(db->sql, on_commit, db);
    return db_exec(db, pragmas);
}

int db_open(struct db *db, const char *file, enum db_role role, char why[WHY_BYTES])
{
    int64_t version = 0;

    if (role == DB_WRITES && make_file(file, why) != 0)
        return -1;
    int err = open_file(db, file);
    if (err == SQLITE_OK && role == DB_READS)
        err = db_exec(db, "PRAGMA query_only = ON");
    if (err == SQLITE_OK && role == DB_WRITES && is_ours(db, &version, why) != 0)
        return -1;
    if (err == SQLITE_OK && role == DB_WRITES)
        err = use_wal(db);
    if (err == SQLITE_OK && role == DB_WRITES && version < VERSION)
        err = migrate(db, version);
    if (err == SQLITE_OK)
        return 0;
    db_why(db, why);
    return -1;
}

void db_close(struct db *db)
{
    for (size_t i = 0; i < db->n_statements; i++)
        sqlite3_finalize(db->statements[i].stmt);
    db->n_statements = 0;
    sqlite3_close(db->sql);
    db->sql = NULL;
}

/* How many bytes the file may have. */
static int limit(struct db *db, int64_t max_bytes)
{
    int64_t page_size = 4096;
    char pragma[100];

    if (db->max_bytes == 0)
        return SQLITE_OK;
    int err = read_integer(db, "PRAGMA page_size", &page_size);
    snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count = %" PRId64, max_bytes / page_size);
    return err == SQLITE_OK ? db_exec(db, pragma) : err;
}

int db_configure(struct db *db, int is_durable, int64_t max_bytes)
{
    db->is_durable = is_durable;
    db->max_bytes = max_bytes;
    return db_end_upkeep(db);
}

int db_begin_upkeep(struct db *db, int64_t slack)
{
    int err = db_exec(db, "PRAGMA synchronous = NORMAL");

    return err == SQLITE_OK ? limit(db, db->max_bytes + slack) : err;
}

int db_end_upkeep(struct db *db)
{
    int err =
        db_exec(db, db->is_durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");

    return err == SQLITE_OK ? limit(db, db->max_bytes) : err;
}

int db_checkpoint(struct db *db, int truncate)
{
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

    /* A reader is not waited for: the next batch would have to wait, too. */
    sqlite3_busy_timeout(db->sql, 0);
    int err = sqlite3_wal_checkpoint_v2(db->sql, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    if (err == SQLITE_OK)
        db->wal_pages = 0;
    return err;
}

/* ---- Statements --------------------------------------------------------------------------- */

int db_exec(struct db *db, const char *sql)
{
    return sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
}

static sqlite3_stmt *prepare(struct db *db, const char *sql)
{
    sqlite3_stmt *stmt;

    if (db->n_statements == DB_STATEMENTS ||
        sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return NULL;
    db->statements[db->n_statements++] = (struct db_statement){sql, stmt};
    return stmt;
}

sqlite3_stmt *db_statement(struct db *db, const char *sql)
{
    for (size_t i = 0; i < db->n_statements; i++) {
        if (db->statements[i].sql != sql)
            continue;
        sqlite3_reset(db->statements[i].stmt);
        sqlite3_clear_bindings(db->statements[i].stmt);
        return db->statements[i].stmt;
    }
    return prepare(db, sql);
}

sqlite3_stmt *db_integers(struct db *db, const char *sql, size_t n, const int64_t *values)
{
    sqlite3_stmt *stmt = db_statement(db, sql);

    for (size_t i = 0; stmt != NULL && i < n; i++)
        sqlite3_bind_int64(stmt, (int)i + 1, values[i]);
    return stmt;
}

int db_step(sqlite3_stmt *stmt)
{
    return stmt != NULL ? sqlite3_step(stmt) : SQLITE_ERROR;
}

int db_run(sqlite3_stmt *stmt)
{
    int err = db_step(stmt);

    /* The statement would keep a read transaction open. */
    sqlite3_reset(stmt);
    return err == SQLITE_DONE || err == SQLITE_ROW ? SQLITE_OK : err;
}

int db_bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t n)
{
    return n == 0 ? sqlite3_bind_null(stmt, at)
                  : sqlite3_bind_text(stmt, at, text, (int)n, SQLITE_STATIC);
}

const char *db_text(sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return text != NULL ? (const char *)text : "";
}

int db_get_text(sqlite3_stmt *stmt, int column, struct chatd_str *text)
{
    int is_null = sqlite3_column_type(stmt, column) == SQLITE_NULL;
    const char *p = (const char *)sqlite3_column_text(stmt, column);

    if (p == NULL && !is_null)
        return SQLITE_NOMEM;
    *text = (struct chatd_str){p != NULL ? p : "", (size_t)sqlite3_column_bytes(stmt, column)};
    return SQLITE_OK;
}

void db_why(const struct db *db, char why[WHY_BYTES])
{
    snprintf(why, WHY_BYTES, "%s", sqlite3_errmsg(db->sql));
}
