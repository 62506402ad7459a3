"""File upload: a file that the server would run, or that is not what it says it is."""

from nightlatch.checks.attacks.recogniser import SENT, Found, Recogniser
from nightlatch.checks.attacks.upload.contents import read_content
from nightlatch.checks.attacks.upload.names import read_name
from nightlatch.checks.attacks.value import Clue, Place, Value
from nightlatch.checks.check import Check, Scope
from nightlatch.exchange.judgement import Level


def recognise(text: str, value: Value) -> Clue | None:
    """What is wrong with the file's name or content."""
    if value.place is Place.FILE_NAME:
        return read_name(text)
    return read_content(text) if value.place is Place.FILE else None


CHECK = Check(
    id="file-upload",
    title="An upload is made to be run",
    level=Level.HIGH,
    scope=Scope.REQUEST,
    what="""\
Reads the names and contents of uploaded files. A name fails when a web server would run the file
(`shell.php`, `.phtml`, `.jsp`, `.aspx`), when it hides that (`shell.php.jpg`, a trailing dot, a
zero byte, `::$DATA`, text that runs right to left), when it configures the server (`.htaccess`,
`web.config`), or leads to another directory. A content fails when it is a web shell, an image with
a program in it, an SVG with a script, an archive whose names climb, or a picture or play list that
makes its converter run or fetch something. Ordinary sources, documents and images pass.""",
    why="""\
A file that can be uploaded and asked for again runs with the server's rights. Web shells left this
way stay for months.""",
    example="""\
POST /avatar HTTP/1.1
Host: api.example.com
Content-Type: multipart/form-data; boundary=x

--x
Content-Disposition: form-data; name="file"; filename="me.php.jpg"

GIF89a<?php system($_GET["c"]);
--x--

HTTP/1.1 201 Created
""",
    remedy="""\
Give files names of your own, keep them where no web server looks, and serve them as what you know
they are:

```python
name = f"{uuid4()}.png"
Image.open(upload.file).convert("RGB").save(STORE / name)   # what is not an image fails here
```

Send them with `Content-Disposition: attachment` and `X-Content-Type-Options: nosniff`, best from
another domain.""",
    owasp="API8:2023",
    cwe=434,
    references=(
        "https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html",
        "https://owasp.org/www-community/vulnerabilities/Unrestricted_File_Upload",
    ),
    reads=SENT,
    judge=Found("file-upload"),
)

_ENDING = (
    r"(?:ph(?:p\d?s?|tml?|ar|t)|pgif|jspx?|aspx?|csp|as[ahcm]x?|ashx|asmx|svc|soap|jspf|jsw|jsv|jhtml"
    r"|shtml?|stm|cfml?|cfc|war|cshtml|vbhtml)"
)
_HARMLESS = (
    r"(?:jpe?g|png|gif|webp|bmp|ico|svg|tiff?|heic|avif|pdf|docx?|xlsx?|pptx?|csv|txt"
    r"|mp\d|zip|rar|gz)"
)

RECOGNISER = Recogniser(
    "file-upload",
    (
        # Names. Each ends where the text does: addresses and sentences name files all the time.
        rf"\.{_ENDING}(?:[.;%#_,:\\/ \t\x00-\x08\x0b-\x1f][^\n]{{0,40}})?$",
        rf"\.{_HARMLESS}[ \t]*\.(?:exe|scr|bat|cmd|com|vbs|ps1|lnk|hta|jar|js)$",
        r"(?:^|[/\\])(?:\.ht(?:access|passwd)|web\.config|\.user\.ini|php\.ini)[. \t\x00]*$",
        r"^\.\.[/\\]|[/\\]\.\.[/\\]|^/(?:var|etc|usr|srv|opt|home|tmp|root)/",
        r"^\w:\\(?:inetpub|windows|xampp)|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]",
        # Contents.
        r"<\?php|<\?=\s*[`$\w@]|<\?\s+(?:eval|system|echo)|<script\s+language\s*=\s*[\"']?php",
        r"<%\s*@|<%=?\s*(?:eval|execute|request|response|runtime|process|dim|set|out)|<jsp:",
        r"runat\s*=\s*[\"']?server",
        r"<svg[\s>]|^GIF8[79]a\s*[=/<*]",
        r"AddType|AddHandler|SetHandler|ForceType|auto_prepend_file|auto_append_file|scriptProcessor",
        r"push graphic-context|%pipe%|ephemeral:|<read\s+filename|#EXTM3U|EICAR-STANDARD",
        r"PK\x03\x04.{22,80}\.\.[/\\]|ustar",
    ),
    recognise,
)
