"""What the programs of the sample's devices write to syslog: texts with named gaps, and their weights.

The gaps are filled by `text_gaps`; the syslog line around a text is made by `sample_logs`.
"""

from dataclasses import dataclass

KERN, MAIL, DAEMON, AUTH, SYSLOG, CRON, AUTHPRIV, LOCAL0, LOCAL7 = 0, 2, 3, 4, 5, 9, 10, 16, 23
EMERG, ALERT, CRIT, ERR, WARN, NOTICE, INFO, DEBUG = range(8)


@dataclass(frozen=True, slots=True)
class SyslogText:
    """One text: `weight` is its relative frequency, `has_pid` whether the tag shows a process id."""

    weight: int
    program: str
    facility: int
    severity: int
    text: str
    has_pid: bool = True


TEXTS = (
    SyslogText(60, "sshd", AUTHPRIV, INFO, "Failed password for {user} from {ip} port {port} ssh2"),
    SyslogText(50, "sshd", AUTHPRIV, INFO, "Failed password for invalid user {user} from {ip} port {port} ssh2"),
    SyslogText(
        30,
        "sshd",
        AUTHPRIV,
        INFO,
        "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{hex}",
    ),
    SyslogText(25, "sshd", AUTHPRIV, INFO, "Connection closed by {ip} port {port} [preauth]"),
    SyslogText(
        4,
        "sshd",
        AUTHPRIV,
        ERR,
        "error: maximum authentication attempts exceeded for {user} from {ip} port {port} ssh2 [preauth]",
    ),
    SyslogText(
        20,
        "sudo",
        AUTHPRIV,
        NOTICE,
        "{user} : TTY=pts/{small} ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart {unit}",
        has_pid=False,
    ),
    SyslogText(
        3,
        "sudo",
        AUTHPRIV,
        ALERT,
        "{user} : user NOT in sudoers ; TTY=pts/{small} ; PWD=/tmp ; USER=root ; COMMAND=/bin/bash",
        has_pid=False,
    ),
    SyslogText(8, "su", AUTH, NOTICE, "pam_unix(su:session): session opened for user root(uid=0) by {user}(uid=1000)"),
    SyslogText(
        110,
        "nginx",
        LOCAL7,
        INFO,
        '{ip} - - "GET /{path} HTTP/1.1" 200 {number} "-" "Mozilla/5.0 (Linux)" rt={small}.{milli}',
    ),
    SyslogText(
        30,
        "nginx",
        LOCAL7,
        NOTICE,
        '{ip} - {user} "POST /{path} HTTP/2.0" 302 {number} "https://{domain}/" "curl/8.9.1"',
    ),
    SyslogText(
        12,
        "nginx",
        LOCAL7,
        ERR,
        "*{number} connect() failed (111: Connection refused), client: {ip}, server: {domain}",
    ),
    SyslogText(
        10,
        "nginx",
        LOCAL7,
        WARN,
        "*{number} an upstream response is buffered to a temporary file /var/cache/nginx/{hex}, client: {ip}",
    ),
    SyslogText(
        60,
        "kernel",
        KERN,
        WARN,
        "DROP IN=eth0 OUT= MAC={mac} SRC={ip} DST=192.168.1.1 LEN=60 TTL=52 PROTO=TCP SPT={port} DPT=22 SYN",
        has_pid=False,
    ),
    SyslogText(
        15,
        "kernel",
        KERN,
        INFO,
        "usb 1-{small}: new high-speed USB device number {small} using xhci_hcd",
        has_pid=False,
    ),
    SyslogText(
        8,
        "kernel",
        KERN,
        ERR,
        "Out of memory: Killed process {pid} ({unit}) total-vm:{number}kB, anon-rss:{count}kB",
        has_pid=False,
    ),
    SyslogText(
        6,
        "kernel",
        KERN,
        CRIT,
        "EXT4-fs error (device sda{small}): ext4_find_entry: inode #{number}: comm {unit}: reading lblock 0",
        has_pid=False,
    ),
    SyslogText(
        1,
        "kernel",
        KERN,
        EMERG,
        "watchdog: BUG: soft lockup - CPU#{small} stuck for 26s! [{unit}:{pid}]",
        has_pid=False,
    ),
    SyslogText(
        12,
        "kernel",
        KERN,
        NOTICE,
        "br-lan: port {small}(wlan{small}) entered forwarding state",
        has_pid=False,
    ),
    SyslogText(60, "systemd", DAEMON, INFO, "Started {unit}.service - {unit} daemon."),
    SyslogText(40, "systemd", DAEMON, INFO, "{unit}.service: Deactivated successfully."),
    SyslogText(8, "systemd", DAEMON, WARN, "{unit}.service: Main process exited, code=exited, status=1/FAILURE"),
    SyslogText(5, "systemd", DAEMON, ERR, "Failed to start {unit}.service - {unit} daemon."),
    SyslogText(70, "CRON", CRON, INFO, "({user}) CMD (/usr/local/bin/{path} >/dev/null 2>&1)"),
    SyslogText(25, "CRON", AUTHPRIV, INFO, "pam_unix(cron:session): session closed for user {user}"),
    SyslogText(45, "dhcpd", DAEMON, INFO, "DHCPACK on {ip} to {mac} via br-lan"),
    SyslogText(25, "dhcpd", DAEMON, INFO, "DHCPREQUEST for {ip} from {mac} via br-lan"),
    SyslogText(4, "dhcpd", DAEMON, ERR, "DHCPDISCOVER from {mac} via br-lan: network 192.168.1.0/24: no free leases"),
    SyslogText(35, "postfix/smtpd", MAIL, INFO, "connect from {domain}[{ip}]"),
    SyslogText(
        25,
        "postfix/smtp",
        MAIL,
        INFO,
        "{hex}: to=<{user}@{domain}>, relay={domain}[{ip}]:25, delay={small}.{milli}, status=sent (250 Ok)",
    ),
    SyslogText(
        10,
        "postfix/smtpd",
        MAIL,
        WARN,
        "warning: {domain}[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    ),
    SyslogText(30, "hostapd", DAEMON, INFO, "wlan{small}: STA {mac} IEEE 802.11: authenticated"),
    SyslogText(20, "hostapd", DAEMON, DEBUG, "wlan{small}: STA {mac} WPA: pairwise key handshake completed (RSN)"),
    SyslogText(
        30,
        "named",
        DAEMON,
        INFO,
        "client @0x{hex} {ip}#{port} ({domain}): query: {domain} IN A +E(0)K (192.168.1.1)",
    ),
    SyslogText(
        8,
        "named",
        DAEMON,
        NOTICE,
        "success resolving '{domain}/AAAA' after disabling qname minimization due to 'ncache nxdomain'",
    ),
    SyslogText(6, "named", DAEMON, ERR, "lame server resolving '{domain}' (in '{domain}'?): {ip}#53"),
    SyslogText(20, "chronyd", DAEMON, INFO, "Selected source {ip} ({domain})"),
    SyslogText(4, "chronyd", DAEMON, WARN, "System clock wrong by {small}.{milli} seconds"),
    SyslogText(
        12,
        "rsyslogd",
        SYSLOG,
        INFO,
        "action 'fwd' resumed (module 'builtin:omfwd') [v8.2412.0 try https://www.rsyslog.com/e/2359 ]",
        has_pid=False,
    ),
    SyslogText(
        15,
        "WATCHDOG",
        LOCAL0,
        NOTICE,
        "wan: link up, rx {number} bytes, tx {count} bytes, ping {milli} ms to {ip}",
        has_pid=False,
    ),
    SyslogText(
        20,
        "collectd",
        DAEMON,
        DEBUG,
        'sample {{"host": "{domain}", "cpu": 0.{milli}, "disk": {{"read": {number}, "write": {count}}}}}',
    ),
)
