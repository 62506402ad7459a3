"""POSIX and Windows command lines, read as the shell would read them.

`words` undoes quotes, escapes and expansions; `reading` finds the places where a command may begin
and reads it; `commands` knows the programs attackers call, and `arguments` which arguments make a
call of them and which make a sentence.
"""
