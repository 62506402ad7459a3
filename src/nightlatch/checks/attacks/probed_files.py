"""Files that are asked for to find out whether they are there, and how exclusive each is.

Percent of certainty; what an application may well have of its own has less than 60. All lower-case.
"""

FILES: dict[str, int] = {
    # Secrets and settings that are never served.
    ".env": 85,
    ".ds_store": 75,
    ".htpasswd": 85,
    ".htaccess": 72,
    ".bash_history": 88,
    ".bashrc": 75,
    ".zsh_history": 85,
    ".mysql_history": 88,
    ".psql_history": 88,
    ".netrc": 85,
    ".npmrc": 75,
    ".pypirc": 80,
    ".pgpass": 85,
    ".my.cnf": 82,
    ".dockercfg": 82,
    ".dockerenv": 82,
    ".git-credentials": 88,
    ".gitconfig": 75,
    ".gitignore": 62,
    ".gitlab-ci.yml": 66,
    ".travis.yml": 66,
    ".ftpconfig": 82,
    ".remote-sync.json": 82,
    ".rediscli_history": 85,
    ".s3cfg": 85,
    ".boto": 80,
    ".user.ini": 72,
    ".passwd": 80,
    ".svnignore": 75,
    ".vimrc": 70,
    "id_rsa": 85,
    "id_dsa": 85,
    "id_ed25519": 85,
    "authorized_keys": 70,
    "server.key": 75,
    "privatekey.key": 78,
    "web.config": 72,
    "wp-config.php": 74,
    "config.inc.php": 72,
    "configuration.php": 62,
    "localsettings.php": 66,
    "settings.local.php": 70,
    "database.yml": 70,
    "secrets.yml": 74,
    "secrets.yaml": 70,
    "secrets.json": 66,
    "credentials.json": 62,
    "credentials.yml": 70,
    "docker-compose.yml": 66,
    "docker-compose.yaml": 66,
    "dockerfile": 62,
    "jenkinsfile": 64,
    "vagrantfile": 66,
    "appsettings.json": 62,
    "appsettings.development.json": 70,
    "application.yml": 62,
    "application.properties": 66,
    "parameters.yml": 68,
    "settings.py": 66,
    "local_settings.py": 70,
    "composer.lock": 55,
    "composer.json": 50,
    "package.json": 40,
    "sftp-config.json": 82,
    "sftp.json": 75,
    "deployment-config.json": 75,
    "terraform.tfstate": 84,
    "terraform.tfvars": 80,
    "ws_ftp.log": 85,
    "winscp.ini": 82,
    "filezilla.xml": 82,
    "sitemanager.xml": 78,
    "dwsync.xml": 82,
    "error_log": 66,
    "laravel.log": 74,
    "debug.log": 60,
    "thumbs.db": 40,
    # Programs that are left lying about, and those that intruders leave.
    "phpinfo.php": 80,
    "php_info.php": 80,
    "infophp.php": 80,
    "info.php": 68,
    "phpversion.php": 75,
    "i.php": 50,
    "test.php": 50,
    "test.cgi": 66,
    "test-cgi": 75,
    "printenv": 50,
    "adminer.php": 74,
    "adminer": 55,
    "shell.php": 86,
    "cmd.php": 84,
    "cmd.jsp": 86,
    "cmd.asp": 86,
    "cmd.aspx": 86,
    "shell.jsp": 86,
    "shell.aspx": 86,
    "webshell.php": 90,
    "c99.php": 90,
    "c100.php": 88,
    "r57.php": 90,
    "wso.php": 88,
    "b374k.php": 90,
    "alfa.php": 85,
    "alfacgiapi": 85,
    "mini.php": 70,
    "xleet.php": 86,
    "eval-stdin.php": 95,
    "phpunit.xml": 72,
    "xmlrpc.php": 45,
    "wp-login.php": 45,
    "wlwmanifest.xml": 72,
    "install.php": 50,
    "setup.php": 50,
    "timthumb.php": 74,
    "kcfinder.php": 80,
    "fckeditor.html": 70,
    "trace.axd": 78,
    "elmah.axd": 78,
    "server-status": 62,
    "server-info": 62,
    "global.asa": 78,
    "global.asax": 78,
    # What Domino keeps its people, mail and settings in.
    "names.nsf": 84,
    "admin.nsf": 74,
    "admin4.nsf": 84,
    "admin5.nsf": 84,
    "webadmin.nsf": 88,
    "catalog.nsf": 72,
    "certlog.nsf": 82,
    "certsrv.nsf": 80,
    "domcfg.nsf": 86,
    "domlog.nsf": 84,
    "events4.nsf": 82,
    "statrep.nsf": 82,
    "statmail.nsf": 80,
    "mtatbls.nsf": 84,
    "mtstore.nsf": 84,
    "log.nsf": 74,
    "log4a.nsf": 80,
    "bookmark.nsf": 72,
    "bookmarks.nsf": 72,
    "busytime.nsf": 80,
    "agentrunner.nsf": 82,
    "schema50.nsf": 80,
    "setup.nsf": 72,
    "dspug.nsf": 72,
    "homepage.nsf": 62,
    "mail.box": 76,
    "notes.ini": 84,
    "login.cgi": 55,
    "setup.cgi": 66,
    "luci": 55,
}
"""By the last segment."""

SCRIPTS = frozenset(
    (
        *("php", "php3", "php4", "php5", "php7", "phtml", "jsp", "jspx", "jsf", "asp", "aspx"),
        *("ashx", "asmx", "cfm", "cgi", "pl", "py", "rb", "do", "action", "html", "htm", "js"),
        *("conf", "cnf", "ini", "cfg", "config", "yml", "yaml", "xml", "json", "env", "properties"),
        *("sql", "sh", "java", "cs", "inc", "tpl", "gif", "jpg", "png", "css", "txt", "war", "go"),
    )
)
"""Endings of what an editor or administrator leaves a copy of."""

COPIES = frozenset(
    (
        *(
            "bak",
            "bak1",
            "bak2",
            "backup",
            "back",
            "bac",
            "bck",
            "bk",
            "bkp",
            "old",
            "older",
            "orig",
        ),
        *("original", "save", "saved", "sav", "copy", "cpy", "tmp", "temp", "swp", "swo", "swn"),
        *(
            "inc",
            "dist",
            "sample",
            "disabled",
            "txt~",
            "1",
            "2",
            "0",
            "001",
            "new",
            "~",
            "rej",
            "java",
        ),
    )
)
"""Second endings of such copies."""

OWN_COPIES = frozenset(("bak", "old", "backup", "swp", "swo", "orig", "save", "inc", "bkp", "bck"))
"""Those that say it without a first ending."""

ENDINGS_ALONE = frozenset((*OWN_COPIES, "java", "copy", "tmp", "sql", "zip", "~"))
"""Segments that are nothing but an ending: no file is called that, scanners append them."""

ARCHIVES = frozenset(
    ("zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz", "tar.gz", "tar.bz2", "sql.gz", "sql.zip")
)
DUMPS = frozenset(
    ("sql", "sqlite", "sqlite3", "mdb", "dump", "dmp", "db", "sql.gz", "sql.zip", "sql.bz2")
)
DUMPED = frozenset(
    (
        *("backup", "backups", "dump", "db", "database", "data", "mysql", "site", "www", "wwwroot"),
        *(
            "web",
            "website",
            "html",
            "htdocs",
            "public_html",
            "httpdocs",
            "root",
            "old",
            "bak",
            "sql",
        ),
        *("localhost", "users", "admin", "wordpress", "wp", "backup1", "db_backup", "dbdump", "1"),
        *("temp", "test", "archive", "full", "home", "source", "src", "code", "latest", "prod"),
    )
)
"""Names that archives and dumps are guessed by."""

SHELF_SEGMENTS = frozenset(
    (
        *("contents", "raw", "blob", "tree", "files", "file", "src", "edit", "commits", "commit"),
        *("download", "downloads", "uploads", "upload", "objects", "object", "storage", "media"),
        *("attachments", "attachment", "documents", "document", "docs", "repos", "repository"),
        *("browse", "history", "blame", "compare", "drive", "buckets", "bucket", "artifacts", "s3"),
        *("assets", "packages", "projects", "workspace", "workspaces", "notebooks", "fs", "dav"),
    )
)
"""Segments below which people keep files of any name."""
