# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to over its debugging pipe: opens a page, tells what happened in it, runs questions in it."""

import json
import os
import shutil
import subprocess
import tempfile


def chromium():
    """The program, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """Use as a context. `console` and `requests` collect what the pages of this browser said and asked for."""

    def __init__(self):
        self.console, self.requests = [], []
        self._next = 0

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        in_read, self._to = os.pipe()
        self._from, out_write = os.pipe()

        def place_pipes():  # the browser expects them as 3 and 4
            high_in, high_out = os.dup(in_read), os.dup(out_write)
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        self._process = subprocess.Popen(
            [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--hide-scrollbars", "--remote-debugging-pipe",
             f"--user-data-dir={self._profile.name}", "about:blank"],
            preexec_fn=place_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(in_read)
        os.close(out_write)
        self._buffer = b""
        target = self.call("Target.createTarget", {"url": "about:blank"}, None)["targetId"]
        self._session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True}, None)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close", {}, None)
        except (EOFError, OSError):
            pass
        self._process.wait(timeout=60)
        os.close(self._to)
        os.close(self._from)
        self._profile.cleanup()

    def _message(self):
        while b"\0" not in self._buffer:
            part = os.read(self._from, 1 << 20)
            if not part:
                raise EOFError("the browser is gone")
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        method, values = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled":
            self.console.append([value.get("value") for value in values["args"]])
        elif method == "Runtime.exceptionThrown":
            self.console.append(values["exceptionDetails"].get("text"))
        elif method == "Log.entryAdded":
            self.console.append(values["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        return method

    def call(self, method, values=None, session=True):
        self._next += 1
        message = {"id": self._next, "method": method, "params": values or {}}
        if session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def open(self, file):
        self.call("Page.navigate", {"url": "file://" + os.path.abspath(file)})
        while self._note(self._message()) != "Page.loadEventFired":
            pass

    def ask(self, expression):
        answer = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def look(self, width, height=900, scheme="light", medium="screen"):
        """How the page is to be seen from here on."""
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.call("Emulation.setEmulatedMedia",
                  {"media": medium, "features": [{"name": "prefers-color-scheme", "value": scheme}]})
