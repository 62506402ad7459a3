"""The tables of the events file, and how an older file becomes a newer one.

A migration is a tuple of statements; its number is its place in MIGRATIONS, from 1. What has been
released is never edited: a change is a new migration at the end.
"""

import duckdb

from nightlatch.store.ports import StoreFailed

_VERSION_1 = (
    # `record` is the truth; the columns beside it are there to be searched. Both large ones are
    # repetitive text: zstd halves the file and costs less than letting DuckDB try every codec.
    """
    CREATE TABLE records (
        id VARCHAR NOT NULL,
        observed_at DOUBLE NOT NULL,
        endpoint VARCHAR NOT NULL,
        method VARCHAR NOT NULL,
        status INTEGER NOT NULL,
        level UTINYINT NOT NULL,
        refused BOOLEAN NOT NULL,
        address VARCHAR NOT NULL,
        circles VARCHAR[] NOT NULL,
        failed_checks VARCHAR[] NOT NULL,
        searchable VARCHAR NOT NULL USING COMPRESSION zstd,
        record BLOB NOT NULL USING COMPRESSION zstd
    )
    """,
    """
    CREATE TABLE disclosures (
        observed_at DOUBLE NOT NULL,
        endpoint VARCHAR NOT NULL,
        circle VARCHAR NOT NULL,
        address VARCHAR NOT NULL,
        subject UBIGINT NOT NULL
    )
    """,
)

_VERSION_2 = (
    # Lists as lines: DuckDB stores and reads them in a third of the time.
    "ALTER TABLE records ALTER circles TYPE VARCHAR USING array_to_string(circles, chr(10))",
    """
    ALTER TABLE records ALTER failed_checks TYPE VARCHAR
        USING array_to_string(failed_checks, chr(10))
    """,
    # Records come in pages now (see duckdb_pages.py); those of version 1 stay in `record`, their
    # bodies with them. `page_of` is the id of the record in whose row the page lies.
    "ALTER TABLE records ALTER record DROP NOT NULL",
    "ALTER TABLE records ADD COLUMN page BLOB",
    "ALTER TABLE records ADD COLUMN page_of VARCHAR",
    "ALTER TABLE records ADD COLUMN place UTINYINT",
    # ASCII, or empty where the body is in the record.
    "ALTER TABLE records ADD COLUMN request_body VARCHAR USING COMPRESSION zstd",
    "ALTER TABLE records ADD COLUMN response_body VARCHAR USING COMPRESSION zstd",
)

_VERSION_3 = (
    # Whose the endpoint is. Rows of before do not say it where it could be searched, and count for
    # every service until they are forgotten: to read it out of their pages would take minutes.
    "ALTER TABLE records ADD COLUMN service VARCHAR DEFAULT ''",
    "ALTER TABLE disclosures ADD COLUMN service VARCHAR DEFAULT ''",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1, _VERSION_2, _VERSION_3)


def migrate(
    connection: duckdb.DuckDBPyConnection,
    migrations: tuple[tuple[str, ...], ...] = MIGRATIONS,
) -> None:
    """Bring the file to the newest version, all or nothing.

    Raises StoreFailed for a file that a newer Nightlatch wrote, or that is not Nightlatch's.
    """
    version = _version(connection)
    if version > len(migrations):
        raise StoreFailed(
            f"a newer Nightlatch wrote the events file: its schema is version {version}, this one "
            f"knows only {len(migrations)}. Upgrade, or give another data directory."
        )
    if version == len(migrations):
        return
    connection.begin()
    try:
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute("UPDATE schema_version SET version = ?", [len(migrations)])
        connection.commit()
    except duckdb.Error:
        connection.rollback()
        raise


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    """The file's schema version; 0 for an empty file, which gets its version table."""
    tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
    if not tables:
        connection.execute("CREATE TABLE schema_version AS SELECT 0 AS version")
        return 0
    if "schema_version" not in tables:
        raise StoreFailed("this DuckDB file is not Nightlatch's. Give another data directory.")
    ((version,),) = connection.execute("SELECT max(version) FROM schema_version").fetchall()
    return int(version)
