"""Names that an expression uses to reach beyond the template that evaluates it."""

_PYTHON = """
__class__ __mro__ __base__ __bases__ __subclasses__ __globals__ __builtins__ __import__ __init__
__getattribute__ __dict__ __self__ __code__ __reduce__ __reduce_ex__ __call__ __getitem__
__loader__ __spec__ __func__ __wrapped__ func_globals f_globals gi_frame f_back f_builtins
cr_frame tb_frame
"""
PYTHON = frozenset(_PYTHON.split())
"""The ways from any Python object to any other."""

_COMMANDS = """
system exec passthru shell_exec popen proc_open pcntl_exec eval assert phpinfo file_get_contents
file_put_contents readfile call_user_func call_user_func_array create_function base64_decode
show_source highlight_file var_dump get_defined_vars scandir phpversion md5 execute_command
spawn execSync spawnSync check_output
"""
COMMANDS = frozenset(_COMMANDS.split())
"""Functions that run a command or code, or read files, called from a template."""

_FLASK = """
config self request settings lipsum cycler joiner namespace url_for g handler session messages
get_flashed_messages application
"""
FLASK = frozenset(_FLASK.split())
"""Objects that a template is given and that lead outside."""

_LEAKS = """
items from_object from_pyfile SECRET_KEY application environ settings storages module
import_string iteritems values JINJA_ENV
"""
LEAKS = frozenset(_LEAKS.split())
"""Their attributes that no page needs."""

_JAVA = """
forName getRuntime getDeclaredMethod getDeclaredConstructor newInstance getMethod getMethods
ProcessBuilder ScriptEngineManager getEngineByName getClassLoader defineClass URLClassLoader
ProcessImpl IOUtils loadClass getProtectionDomain ClassPathXmlApplicationContext getClass
setAccessible getSystemClassLoader
"""
JAVA = frozenset(_JAVA.split())
"""Java's way from any object to any class."""

MODULES = frozenset({"os", "subprocess", "sys", "commands", "pty", "socket"})
"""Of Python, from where commands are run."""

RUBY = frozenset({"IO", "File", "Dir", "Kernel", "Open3", "Process", "ObjectSpace"})
"""Of Ruby, whose methods run commands or read files."""

_REACHED = {
    "reaches for the process": {
        "process": "mainModule binding constructor dlopen kill getBuiltinModule",
    },
    "reaches for the template engine": {
        "_self": "env getEnvironment",
        "smarty": "template_object version template server env",
        "$smarty": "template_object version template server env",
    },
    "runs a command": {
        "os": "system popen environ listdir getenv execl spawnl",
        "subprocess": "run call Popen check_output getoutput",
    },
}
REACHES = {
    (name, member): why
    for why, names in _REACHED.items()
    for name, members in names.items()
    for member in members.split()
}
"""Name and member, and what asking for it does."""
