"""The programs that attackers call, by the arguments that make a call of them."""

from enum import IntEnum


class Kind(IntEnum):
    """What makes a call of this program out of a word that may also be a word."""

    TELLING = 1
    """No word of any language: nobody writes it but to call it."""
    LISTING = 2
    """Useful without arguments, with flags or with paths: `id`, `ls`, `ps`."""
    FILE = 3
    """Needs a file: `cat`, `tail`, `rm`."""
    NETWORK = 4
    """Needs an address: `curl`, `nc`, `ping`."""
    INTERPRETER = 5
    """Runs what it is given: `sh`, `python`, `powershell`."""
    WAIT = 6
    """Needs a number: `sleep`."""
    PRINT = 7
    """Takes anything: `echo`."""
    FILTER = 8
    """Changes what flows through a pipe: `rev`, `base64`."""
    ADMINISTRATION = 9
    """Needs a flag or one of its sub-commands: `net user`, `kill -9`."""


_BY_KIND = {
    Kind.TELLING: """
        whoami ifconfig ipconfig systeminfo uname netstat tasklist lsb_release lscpu printenv
        getuid ipcs lsmod logname hostnamectl qwinsta quser""",
    Kind.LISTING: """
        id ls ps w who env dir pwd set hostname last history df mount ip ver vol tree dmesg groups
        users uptime lsof ss arp route date lsblk jobs finger set export declare lsattr pstree
        vdir gci get-process get-childitem gps locale tty free top""",
    Kind.FILE: """
        cat tac nl head tail more less od xxd hexdump strings grep egrep fgrep zgrep awk gawk sed
        cut sort wc diff cp mv rm unlink chmod chown chgrp touch tee dd tar find xargs ln stat file
        readlink md5sum sha1sum type copy xcopy robocopy move del erase attrib cacls icacls mkdir
        rmdir findstr ed vi vim nano fold paste pr uniq iconv zip unzip gzip gunzip zcat bzip2 cpio
        rename ren get-content gc new-item remove-item source locate realpath basename dirname comm
        shred split install""",
    Kind.NETWORK: """
        curl wget fetch nc ncat netcat nc.traditional socat telnet ssh scp sftp ftp tftp ping ping6
        traceroute tracert tracepath dig nslookup host getent lynx links w3m lwp-request
        lwp-download rsync certutil bitsadmin axel aria2c nmap mtr whois smbclient iwr irm
        invoke-webrequest invoke-restmethod start-bitstransfer test-connection resolve-dnsname
        pathping http mail sendmail""",
    Kind.INTERPRETER: """
        sh bash zsh dash ksh csh tcsh ash fish rbash python python2 python3 perl ruby php php5 php7
        php8 node nodejs lua tclsh expect java gcc cmd powershell pwsh mshta wscript cscript
        rundll32 regsvr32 wmic msiexec forfiles iex invoke-expression start-process eval""",
    Kind.WAIT: "sleep usleep timeout waitfor start-sleep choice",
    Kind.PRINT: "echo printf print expr let write-output write-host",
    Kind.FILTER: "rev base64 base32 tr xxd uudecode",
    Kind.ADMINISTRATION: """
        net net1 netsh reg sc schtasks taskkill at useradd adduser usermod userdel passwd chpasswd
        su sudo kill killall pkill reboot shutdown halt poweroff init crontab service systemctl
        iptables wevtutil vssadmin bcdedit mkfifo mknod insmod modprobe chattr docker kubectl
        apt-get yum apk dpkg rpm openssl systemctl for calc notepad pip npm gdb strace script screen tmux""",
}
COMMANDS: dict[str, Kind] = {
    name: kind for kind, names in _BY_KIND.items() for name in names.split()
}
_WRAPPERS = (
    "sudo exec nohup command builtin busybox time nice ionice setsid stdbuf do then else if while "
    "! call start xargs env doas toybox unbuffer "
    "timeout su"
)
WRAPPERS = frozenset(_WRAPPERS.split())
"""Words before a command that leave it one."""

_WINDOWS = """
    dir type copy xcopy robocopy move del erase attrib cacls icacls mkdir rmdir findstr find ren
    rename more sort set ver vol tree echo ping ipconfig netstat systeminfo tasklist taskkill net
    net1 netsh reg sc schtasks at shutdown certutil bitsadmin nslookup tracert pathping cmd
    powershell pwsh mshta wscript cscript rundll32 regsvr32 wmic msiexec forfiles timeout waitfor
    choice hostname whoami arp route wevtutil vssadmin bcdedit get-content gc gci get-process
    get-childitem gps new-item remove-item invoke-webrequest invoke-restmethod iwr irm iex
    invoke-expression start-process start-sleep start-bitstransfer test-connection resolve-dnsname
    write-output write-host curl ssh ftp tftp telnet openssl tar qwinsta quser date
"""
ON_WINDOWS = frozenset(_WINDOWS.split())
"""Found in any case, as Windows does."""

DIRECTORIES = ("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/")
WELL_KNOWN = (*(f"/bin/{name}" for name in COMMANDS), *(f"/usr/bin/{name}" for name in COMMANDS))
"""What a pattern such as `/???/c?t` may stand for."""
