"""Names that an expression uses to reach beyond the template that evaluates it."""

PYTHON = frozenset(
    """__class__ __mro__ __base__ __bases__ __subclasses__ __globals__ __builtins__ __import__
    __init__ __getattribute__ __dict__ __self__ __code__ __reduce__ __reduce_ex__ __call__
    __getitem__ __loader__ __spec__ __func__ __wrapped__ func_globals f_globals gi_frame f_back
    f_builtins cr_frame tb_frame""".split()
)
"""The ways from any Python object to any other."""

COMMANDS = frozenset(
    """system exec passthru shell_exec popen proc_open pcntl_exec eval assert phpinfo
    file_get_contents file_put_contents readfile call_user_func call_user_func_array create_function
    base64_decode show_source highlight_file var_dump get_defined_vars scandir phpversion md5
    execute_command spawn execSync spawnSync check_output""".split()
)
"""Functions that run a command or code, or read files, called from a template."""

FLASK = frozenset("config self request settings lipsum cycler joiner namespace url_for g handler "
                  "get_flashed_messages application session messages".split())  # fmt: skip
"""Objects that a template is given and that lead outside."""

LEAKS = frozenset(
    """items from_object from_pyfile SECRET_KEY application environ settings storages module
    import_string iteritems values JINJA_ENV""".split()
)
"""Their attributes that no page needs."""

JAVA = frozenset(
    """forName getRuntime getDeclaredMethod getDeclaredConstructor newInstance getMethod getMethods
    ProcessBuilder ScriptEngineManager getEngineByName getClassLoader defineClass URLClassLoader
    ProcessImpl IOUtils loadClass getProtectionDomain ClassPathXmlApplicationContext getClass
    setAccessible getSystemClassLoader""".split()
)
"""Java's way from any object to any class."""
