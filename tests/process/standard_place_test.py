"""A daemon of the whole machine, at /run/ringview: in a mount namespace with a /run of its own."""

import os
import subprocess
import unittest

import support_path  # noqa: F401  (finds the helpers)
from ringview_programs import RINGVIEW, RINGVIEWD, ProgramTest, unique_name

ANOTHER_USER = "54321"
NO_MOUNTS = 77

SCRIPT = """
mount -t tmpfs -o mode=755 ringview-test /run || exit 77
$BEFORE
"$1" --config "$CONFIG" --instance "$INSTANCE" &
daemon=$!
until [ -S /run/ringview/ringview.sock ]; do sleep 0.01; done
stat -c %a /run/ringview
setpriv --reuid "$USER" --regid "$USER" --clear-groups "$2" ls
code=$?
kill $daemon
wait $daemon || exit 1
exit $code
"""


@unittest.skipIf(os.geteuid() != 0, "only root can serve at /run/ringview and ask as another user")
class StandardPlace(ProgramTest):
    def ask_as_another_user(self, socket_mode, before=""):
        """Exit code, what was said, and the mode of /run/ringview."""
        config = self.directory / "settings.toml"
        config.write_text(f"[daemon]\nsocket_mode = 0o{socket_mode:o}\nlog_level = 'warn'\n")
        environment = {**self.environment, "CONFIG": str(config), "INSTANCE": unique_name("s"), "USER": ANOTHER_USER}
        for name in ("RINGVIEW_SOCKET", "XDG_RUNTIME_DIR"):
            environment.pop(name, None)
        result = subprocess.run(["unshare", "--mount", "sh", "-c", SCRIPT.replace("$BEFORE", before), "sh", RINGVIEWD,
                                 RINGVIEW], env=environment, capture_output=True, timeout=60, text=True)
        if result.returncode == NO_MOUNTS or "unshare failed" in result.stderr:
            self.skipTest(f"a mount namespace is not to be had: {result.stderr}")
        mode, _, output = result.stdout.partition("\n")
        return result.returncode, output + result.stderr, mode

    def test_serves_whom_its_socket_lets_in(self):
        for before in ("", "mkdir -m 700 /run/ringview"):
            with self.subTest(before):
                self.assertEqual(self.ask_as_another_user(0o666, before),
                                 (0, "There are no rings. Make one: ringview create NAME --shape 480,640,3\n", "711"))

    def test_of_one_user_is_closed_to_others_who_are_told_that_they_cannot_see_it(self):
        code, said, mode = self.ask_as_another_user(0o600)
        self.assertEqual((code, mode), (3, "700"))
        self.assertIn(f"no socket at\n  /tmp/ringview-{ANOTHER_USER}/ringview.sock\n", said)
        self.assertIn("closed to this user hides what is at\n  /run/ringview/ringview.sock\n", said)


if __name__ == "__main__":
    unittest.main()
