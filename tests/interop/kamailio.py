"""Kamailio as registrar and record-routing proxy (every user's password is `secret`), or as an edge proxy before another."""
import pathlib
import shutil
import tempfile

import ports
from processes import Child, listens, wait_until

CONFIGURATION = """
debug=2
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "sanity.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "path.so"
modparam("usrloc", "db_mode", 0)
modparam("path", "use_received", 1)
"""

REGISTRAR = """
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK") && t_check_trans()) {{ t_relay(); exit; }}
    sl_send_reply("404", "Not Here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("$td", "secret", "0")) {{ www_challenge("$td", "1"); exit; }}
    save("location");
    exit;
  }}
  if (is_method("INVITE")) {{
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Registered"); exit; }}
    t_relay();
    exit;
  }}
  sl_send_reply("405", "Method Not Allowed");
}}
"""


# Keeps nothing: REGISTERs go on with a Path (RFC 3327), everything else by its Route, else to the registrar behind.
EDGE = """
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    add_path_received();
    $du = "sip:127.0.0.1:{behind}";
    t_relay();
    exit;
  }}
  if (is_method("INVITE")) record_route();
  if (loose_route()) {{ t_relay(); exit; }}
  if (is_method("ACK") && !t_check_trans()) exit;
  $du = "sip:127.0.0.1:{behind}";
  t_relay();
}}
"""


class Kamailio:
    """`edge_of`: the SIP port of a registrar that it stands before."""

    def __init__(self, edge_of=None):
        self.route = REGISTRAR if edge_of is None else EDGE
        self.behind = edge_of

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-kamailio-"))
        self.port = ports.port()
        (self.folder / "run").mkdir()
        (self.folder / "k.cfg").write_text((CONFIGURATION + self.route).format(port=self.port, behind=self.behind))
        self.child = Child(["kamailio", "-DD", "-E", "-f", self.folder / "k.cfg", "-M", "16", "-m", "64",
                            "-P", self.folder / "k.pid", "-Y", self.folder / "run", "-w", self.folder],
                           self.folder / "kamailio.log", folder=self.folder)
        wait_until(lambda: listens(self.port), "Kamailio listens", 15)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"Kamailio's log:\n{self.child.log[-3000:]}")
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
