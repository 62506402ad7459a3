"""The words of SQL, of all dialects together, by what they do in a statement."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOGIC = words("or and xor || && eqv imp")
"""The last two are those of Access."""
SYMBOL_LOGIC = words("|| &&")
COMPARE = words("""= == <> != < > <= >= <=> ^= !< !> like rlike regexp ilike is in between glob
    similar sounds match ~ !~ ~* !~* ~~ @> <@ ?| ?& @? not div""") - {"div", "~"}
ARITHMETIC = words("+ - * / % | & ^ , << >> ** div mod -> ->> #> #>>")
CONCATENATION = words("+ - * / % | & ^ << >> || ** div mod -> ->>")
OPERATORS = CONCATENATION | COMPARE | words("&& xor escape collate")
SIGNS = words("- + ~ ! not binary distinct all any some prior exists interval")
LITERALS = words("null true false unknown \\n")

WAITING = words(
    """sleep pg_sleep pg_sleep_for benchmark randomblob dbms_pipe dbms_lock dbms_session
    user_lock"""
)
"""They take as long as the attacker likes."""

ONLY_WAITING = WAITING - {"sleep", "benchmark"}
"""No other language has them."""

REACHING = words(
    """load_file load_extension pg_read_file pg_ls_dir lo_import utl_inaddr utl_http utl_file
    httpuritype dblink dblink_connect openrowset opendatasource extractvalue updatexml
    gtid_subset query_to_xml database_to_xml xp_dirtree"""
)
"""They reach for files and other hosts, or tell by their errors what they were given."""

CHOOSING = words("if iif elt make_set decode ifnull nullif choose coalesce least greatest")
"""They answer with one argument or another."""

TELLING = WAITING | words(
    """version database schema user current_user system_user session_user db_name user_name
    extractvalue updatexml exp elt make_set load_file pg_read_file pg_ls_dir utl_inaddr utl_http
    utl_file ctxsys xmltype sqlite_version load_extension bin_to_uuid json_keys gtid_subset
    gtid_subtract dbms_utility dbms_xmlgen dbms_ldap dbms_java host_name is_srvrolemember
    is_member openrowset opendatasource openquery httpuritype httpurittype query_to_xml
    database_to_xml current_setting lo_import dblink dblink_connect xp_cmdshell master
    fn_varbintohexstr ordsys sys_context json_depth connection_id last_insert_id coercibility
    charset collation row_count found_rows serverproperty suser_name suser_sname has_dbaccess
    object_id object_name col_name stuff polygon multipoint linestring multipolygon
    multilinestring geometrycollection st_latfromgeohash st_pointfromgeohash name_const
    st_longfromgeohash aes_decrypt aes_encrypt des_encrypt uncompress inet_ntoa inet_aton
    sqlid_to_sqlhash get_host_address procedure_analyse group_concat string_agg xmlagg listagg
    concat_ws unhex hex ascii ord char_length charindex chr bitand rlike json_extract
    regexp_substring pg_user current_database inet_server_addr quote_literal quote_ident"""
)
"""They are a database's alone, or next to nobody else calls them so."""

CALLS = TELLING | words(
    """substr substring mid length if iif ifnull isnull coalesce nullif make_set char concat cast
    convert count exists row lower upper rand random floor ceil ceiling sin cos tan pi abs sqrt
    round greatest least max min sum avg md5 sha1 sha2 sha now sysdate curdate left right lpad
    rpad reverse repeat replicate replace space strcmp position instr locate find_in_set field
    conv bin oct len str try_cast to_char to_number decode nvl case row_number compress
    current_date current_timestamp getdate log power mod sign trim ltrim rtrim unicode nchar
    bit_length octet_length soundex strcomp quote like"""
)
"""Known as functions of SQL; each of them also of other languages."""

BARE_CALLS = words("current_user session_user system_user user current_date rownum sysdate level")
"""Functions without brackets."""

QUERY_WORDS = words(
    """from where on having limit offset as join inner left right outer cross natural full using
    when then else asc desc into over partition returning for order group by with top set values
    fetch rows only straight_join window separator escape collate"""
)
"""They go on with a query where an operand ended."""

RESERVED = (
    QUERY_WORDS
    | LOGIC
    | words(
        """select union all except intersect insert update delete drop create alter exec execute
    declare waitfor procedure is in like between rlike regexp div end"""
    )
    - words("left right replace set values level offset top")
)
"""No operand begins with one of these."""

FAMILIES = ("json_", "jsonb_", "pg_", "dbms_", "utl_", "st_", "xp_", "sp_", "sys_")
"""How further functions of databases begin."""

PACKAGES = ("dbms_", "utl_", "ctxsys", "user_lock")
"""Oracle's, whose functions are called behind a dot."""

SCHEMAS = (
    "dbms_",
    "utl_",
    "ctxsys",
    "pg_catalog",
    "user_lock",
    "sys",
    "master",
    "dbo",
    "mysql",
    "information_schema",
)

FIRST_ROWS = words("top first skip")
"""How SQL Server and Firebird write LIMIT."""

SYSTEM_TABLES = (
    "information_schema",
    "sysobjects",
    "syscolumns",
    "sysusers",
    "sqlite_master",
    "pg_",
    "all_tab",
    "user_tab",
    "all_users",
    "mysql.",
    "rdb$",
    "sysibm",
    "v$",
    "msys",
    "sys.",
    "dual",
)

AFTER_NUMBER = words(
    """union and or xor like in is div mod between order group having limit where from rlike
    regexp procedure into as select for lock waitfor exec execute declare not except intersect"""
)
"""A number ends where one of these begins, also without a space."""

OBJECTS = words(
    """table database schema view user index procedure function trigger login role assembly
    sequence proc alias event tablespace extension"""
)
